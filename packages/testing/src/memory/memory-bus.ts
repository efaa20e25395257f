// The port Bus over one connection to the memory broker.
import {
  PawlError,
  type Bus,
  type BusMessage,
  type BusSubscription,
  type Clock,
  type Headers,
} from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { HubMessage, HubSubscription } from './bus-hub.ts';
import type { Connection } from './connection.ts';
import { checkPayload } from './limits.ts';

/** Core messaging. At most once: what is published without a connection is lost. */
export class MemoryBus implements Bus {
  readonly #broker: BrokerState;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #subscriptions = new Set<HubSubscription>();

  constructor(broker: BrokerState, connection: Connection) {
    this.#broker = broker;
    this.#connection = connection;
    this.#clock = broker.clock;
    connection.onState((state) => {
      for (const subscription of this.#subscriptions)
        if (state === 'connected') this.#subscribe(subscription);
        else this.#broker.bus.unsubscribe(subscription);
    });
  }

  publish(subject: string, body: Uint8Array, headers: Headers = {}): void {
    checkPayload(subject, body, headers);
    this.#connection.toBroker('publish', subject, () => {
      this.#broker.bus.receive(subject, body, headers);
    });
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options: { readonly queue?: string } = {},
  ): BusSubscription {
    const subscription: HubSubscription = {
      pattern: subject.split('.'),
      queue: options.queue,
      take: (message) =>
        this.#connection.toClient('message', message.subject, () => {
          if (this.#subscriptions.has(subscription)) onMessage(this.#messageOf(message));
        }),
    };
    this.#subscriptions.add(subscription);
    this.#subscribe(subscription);
    return {
      stop: () => {
        this.#subscriptions.delete(subscription);
        this.#broker.bus.unsubscribe(subscription);
      },
    };
  }

  request(
    subject: string,
    body: Uint8Array,
    options: { readonly timeoutMs: number },
  ): Promise<BusMessage> {
    const { timeoutMs } = options;
    checkPayload(subject, body);
    if (!this.#connection.isConnected)
      return Promise.reject(new PawlError('no-connection', `There is no connection: ${subject}.`));
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        timer.stop();
        reject(new PawlError('no-answer', `${subject}: ${reason}.`));
      };
      const timer = this.#clock.after(timeoutMs, () =>
        fail(`nobody answered within ${timeoutMs} ms`),
      );
      const answer = (answered: Uint8Array): void =>
        this.#connection.toClient('request', subject, () => {
          timer.stop();
          resolve(this.#messageOf({ subject, body: answered, headers: {} }));
        });
      this.#connection.toBroker('request', subject, () => {
        if (this.#broker.bus.receive(subject, body, {}, answer) > 0) return;
        this.#connection.toClient('request', subject, () => fail('nobody listens'));
      });
    });
  }

  flush(): Promise<void> {
    return this.#connection.read('flush', '', () => undefined);
  }

  onConnection(
    listener: (state: 'connected' | 'disconnected' | 'closed') => void,
  ): BusSubscription {
    return this.#connection.onState(listener);
  }

  #subscribe(subscription: HubSubscription): void {
    this.#connection.toBroker('subscribe', subscription.pattern.join('.'), () => {
      if (this.#subscriptions.has(subscription)) this.#broker.bus.subscribe(subscription);
    });
  }

  #messageOf({ subject, body, headers, reply }: HubMessage): BusMessage {
    return {
      subject,
      body,
      headers,
      respond: (answer) => {
        if (reply === undefined) return;
        checkPayload(subject, answer);
        this.#connection.toBroker('respond', subject, () => reply(answer));
      },
    };
  }
}

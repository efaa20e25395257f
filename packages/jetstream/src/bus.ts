// The Bus port: core NATS, at most once.
import {
  PawlError,
  type Bus,
  type BusMessage,
  type BusSubscription,
  type Headers,
} from '@pawl/core';
import type { Msg } from 'nats';
import type { Broker } from './broker.ts';
import { runGuarded } from './guarded.ts';
import { splitHeaders } from './wire-headers.ts';

/** Core messaging on one connection. */
export class NatsBus implements Bus {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  publish(subject: string, body: Uint8Array, headers?: Headers): void {
    this.#broker.publisher.tell(subject, body, undefined, headers);
  }

  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options: { readonly queue?: string } = {},
  ): BusSubscription {
    // The client keeps callbacks of ended subscriptions for a while, so they must reach nothing.
    let take: ((message: BusMessage) => void) | undefined = onMessage;
    const subscription = this.#broker.connection.nats.subscribe(subject, {
      ...(options.queue !== undefined && { queue: options.queue }),
      callback: (error, message) => {
        // A refused subscription is told through the status of the connection.
        if (!error) runGuarded(() => take?.(this.#messageOf(message)));
      },
    });
    return {
      stop: () => {
        take = undefined;
        subscription.unsubscribe();
      },
    };
  }

  async request(
    subject: string,
    body: Uint8Array,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<BusMessage> {
    try {
      const answer = await this.#broker.publisher.ask(subject, body, timeoutMs);
      return this.#messageOf(answer);
    } catch (error) {
      const isAnswerMissing =
        error instanceof PawlError &&
        (error.code === 'broker-refused' || error.code === 'outcome-unknown');
      if (!isAnswerMissing) throw error;
      const why = error.code === 'broker-refused' ? 'nobody listens' : `none in ${timeoutMs} ms`;
      throw new PawlError('no-answer', `No answer on ${subject}: ${why}.`, { cause: error });
    }
  }

  flush(): Promise<void> {
    return this.#broker.connection.nats.flush();
  }

  onConnection(
    listener: (state: 'connected' | 'disconnected' | 'closed') => void,
  ): BusSubscription {
    const stop = this.#broker.connection.onStatus(({ type }) => {
      if (type === 'disconnect') listener('disconnected');
      if (type === 'reconnect') listener('connected');
      if (type === 'close') listener('closed');
    });
    return { stop };
  }

  #messageOf(message: Msg): BusMessage {
    const { headers, server } = splitHeaders(message);
    return {
      subject: message.subject,
      body: message.data,
      // The live feed has the sequence there.
      headers: { ...headers, ...server },
      respond: (body) => {
        if (message.reply) this.#broker.publisher.tell(message.reply, body);
      },
    };
  }
}

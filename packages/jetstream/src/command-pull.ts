// Pulls commands for a worker: open pull requests always add up to the commands it has asked for.
import {
  PawlError,
  type CommandConsumer,
  type CommandDelivery,
  type CommandListener,
  type CommandSubject,
  type QueueClass,
  type Stoppable,
} from '@pawl/core';
import { createInbox, type Msg, type Subscription } from 'nats';
import { parseAckSubject, type AckSubject } from './ack-subject.ts';
import { brokerError, errorOf } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { runGuarded } from './guarded.ts';
import { nanosOf } from './topology.ts';
import { splitHeaders } from './wire-headers.ts';

const EXPIRES_MS = 30_000;
/** An answer that is later than this will not come. */
const GRACE_MS = 2_000;
const CHECK_EVERY_MS = 2_000;
const RETRY_MS = 250;

const ACK = Buffer.from('+ACK');
const NAK = Buffer.from('-NAK');
const PROGRESS = Buffer.from('+WPI');

/** Which queue is pulled. */
export interface CommandSource {
  readonly stream: string;
  readonly consumer: string;
  readonly queueClass: QueueClass;
  readonly service: string;
  /** Makes the consumer when it is missing: the queue may have been made anew without it. */
  readonly provision?: () => Promise<void>;
}

/** See `CommandConsumer`. */
export class CommandPull implements CommandConsumer {
  readonly #broker: Broker;
  readonly #source: CommandSource;
  readonly #listener: CommandListener;
  readonly #expiresMs: number;
  readonly #stops: (() => void)[];
  /** A new inbox after each reconnect: the requests of the old one then lose their interest. */
  #subscription: Subscription;
  #inbox = '';
  /** Commands asked for and not delivered. */
  #wished = 0;
  /** Open pull requests by token, with the time by which they are answered. */
  readonly #open = new Map<string, number>();
  #lastToken = 0;
  #isClosing = false;
  #retry: Stoppable | undefined;

  constructor(
    broker: Broker,
    source: CommandSource,
    listener: CommandListener,
    expiresMs: number = EXPIRES_MS,
  ) {
    this.#expiresMs = expiresMs;
    this.#broker = broker;
    this.#source = source;
    this.#listener = listener;
    this.#subscription = this.#subscribe();
    const checking = broker.clock.every(CHECK_EVERY_MS, () => this.#check());
    this.#stops = [
      () => checking.stop(),
      broker.connection.onStatus(({ type }) => {
        if (type === 'disconnect') this.#listener.onTrouble(disconnected(source));
        if (type === 'reconnect') this.#startAgain();
      }),
    ];
  }

  request(count: number): void {
    if (count <= 0 || this.#isClosing) return;
    this.#wished += count;
    this.#ask(count);
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#retry?.stop();
    // Drained and not dropped: what is on its way must be given back, or it waits for 30 s.
    if (this.#broker.connection.isConnected && !this.#subscription.isClosed())
      await this.#subscription.drain();
    else this.#subscription.unsubscribe();
  }

  #subscribe(): Subscription {
    const { nats, inboxPrefix } = this.#broker.connection;
    const inbox = `${createInbox(inboxPrefix)}.`;
    this.#inbox = inbox;
    return nats.subscribe(`${inbox}*`, {
      callback: (error, message) => {
        if (error) this.#listener.onTrouble(error);
        else runGuarded(() => this.#take(message));
      },
    });
  }

  #startAgain(): void {
    this.#subscription.unsubscribe();
    this.#open.clear();
    this.#subscription = this.#subscribe();
    if (this.#wished > 0) this.#ask(this.#wished);
  }

  #ask(count: number): void {
    const { stream, consumer } = this.#source;
    const token = (this.#lastToken += 1).toString(36);
    this.#open.set(token, this.#broker.clock.now() + this.#expiresMs + GRACE_MS);
    const body = `{"batch":${count},"expires":${nanosOf(this.#expiresMs)}}`;
    try {
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
      this.#broker.publisher.tell(subject, body, this.#inbox + token);
    } catch (error) {
      this.#open.delete(token);
      this.#trouble(errorOf(error));
    }
  }

  /** Requests that were filled are never answered, and one may have been lost with its node. */
  #check(): void {
    const now = this.#broker.clock.now();
    for (const [token, endsAt] of this.#open) if (endsAt < now) this.#open.delete(token);
    const isIdle = this.#open.size === 0 && this.#retry === undefined;
    if (isIdle && this.#wished > 0 && this.#broker.connection.isConnected) this.#ask(this.#wished);
  }

  #trouble(error: Error): void {
    this.#listener.onTrouble(error);
    this.#retry ??= this.#broker.clock.after(RETRY_MS, () => void this.#tryAgain());
  }

  async #tryAgain(): Promise<void> {
    try {
      if (this.#broker.connection.isConnected) await this.#source.provision?.();
    } catch (error) {
      this.#retry = undefined;
      if (!this.#isClosing) this.#trouble(errorOf(error));
      return;
    }
    this.#retry = undefined;
    // Whatever is still open is given up, so that the sum is right again.
    if (!this.#isClosing && this.#broker.connection.isConnected) this.#startAgain();
  }

  #take(message: Msg): void {
    const position = message.reply ? parseAckSubject(message.reply) : undefined;
    if (position === undefined) this.#onStatus(message);
    else if (this.#isClosing) this.#tell(message.reply ?? '', NAK);
    else this.#deliver(message, position);
  }

  #onStatus(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length);
    if (this.#isClosing || !this.#open.delete(token)) return;
    const { code = 0, description = '' } = message.headers ?? {};
    if (code !== 408) {
      const { stream, consumer } = this.#source;
      const words = { code, description: `${code} ${description}`.trim() };
      this.#trouble(brokerError(`Pulling ${stream} for ${consumer}`, words));
      return;
    }
    // It ran out: ask again for what it did not bring.
    const left = Number(message.headers?.get('Nats-Pending-Messages') ?? '0');
    const count = Math.min(left, this.#wished);
    if (count > 0) this.#ask(count);
  }

  #deliver(message: Msg, position: AckSubject): void {
    this.#wished = Math.max(0, this.#wished - 1);
    const reply = message.reply ?? '';
    const subject = parseCommandSubject(message.subject, this.#source);
    const { headers } = splitHeaders(message);
    const delivery: CommandDelivery = {
      subject,
      headers,
      body: message.data,
      deliveryCount: position.deliveries,
      storedAt: position.time,
      ack: () => this.#broker.publisher.request(reply, ACK).then(() => undefined),
      nak: (delayMs) => this.#tell(reply, nakOf(delayMs)),
      extend: () => this.#tell(reply, PROGRESS),
    };
    this.#listener.onCommand(delivery);
  }

  #tell(reply: string, words: Uint8Array): void {
    const { connection, publisher } = this.#broker;
    // Not sent is the same as lost on the way: the command comes again after its ack wait.
    if (connection.isConnected && !connection.nats.isDraining()) publisher.tell(reply, words);
  }
}

const nakOf = (delayMs: number): Uint8Array =>
  delayMs > 0 ? Buffer.from(`-NAK {"delay":${nanosOf(Math.round(delayMs))}}`) : NAK;

/** Counted from the end: prefixes may have dots. */
const parseCommandSubject = (
  text: string,
  { queueClass, service }: CommandSource,
): CommandSubject => {
  const [task = '', type = '', id = '', generation = ''] = text.split('.').slice(-4);
  return { class: queueClass, service, task, actor: { type, id }, generation };
};

const disconnected = ({ stream }: CommandSource): PawlError =>
  new PawlError('no-connection', `No commands come from ${stream}: the connection is gone.`);

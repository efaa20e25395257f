// The floor's way to the broker: nats.js, used as fast as we know how. Callbacks and no promises.
import { createInbox, MsgHdrsImpl, type Msg, type NatsConnection, type PublishOptions } from 'nats';
import { connect } from 'pawl';

/** Header lines that are bytes already. One object for all messages: publish() reads it at once. */
class HeaderBytes extends MsgHdrsImpl {
  bytes: Uint8Array = new Uint8Array();

  override encode(): Uint8Array {
    return this.bytes;
  }
}

/** `{"error":…` has its `e` where `{"stream":…` has its `s`. */
const isError = (data: Uint8Array): boolean => data[2] === 0x65;

/** The sequence in `{"stream":"X","seq":12}`. */
export const sequenceOf = (ack: Uint8Array): number => {
  let sequence = 0;
  let unit = 1;
  for (let index = ack.length - 2; index >= 0; index -= 1) {
    const digit = (ack[index] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    sequence += digit * unit;
    unit *= 10;
  }
  return sequence;
};

/** Takes the broker's answer. */
export type OnAnswer = (answer: Uint8Array) => void;

/** A connection whose publishes are answered by callbacks. */
export class FloorConnection {
  readonly nats: NatsConnection;
  readonly #inbox: string = `${createInbox()}.`;
  readonly #pending = new Map<string, OnAnswer>();
  readonly #headers = new HeaderBytes();
  readonly #withBoth: PublishOptions = { reply: '', headers: this.#headers };
  readonly #onFailure: (error: Error) => void;
  #lastToken = 0;

  constructor(nats: NatsConnection, onFailure: (error: Error) => void) {
    this.nats = nats;
    this.#onFailure = onFailure;
    nats.subscribe(`${this.#inbox}*`, { callback: (_error, message) => this.#settle(message) });
  }

  /** Publishes into a stream. `lines` are header lines, each with its line break. */
  publish(subject: string, lines: string, body: Uint8Array, onStored: OnAnswer): void {
    this.#headers.bytes = Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1');
    this.#withBoth.reply = this.#expect(onStored);
    this.nats.publish(subject, body, this.#withBoth);
  }

  /** Publishes without an answer. */
  tell(subject: string, body: Uint8Array): void {
    this.nats.publish(subject, body);
  }

  /** Asks whoever listens. */
  request(subject: string, body: Uint8Array, onKnown: OnAnswer): void {
    this.nats.publish(subject, body, { reply: this.#expect(onKnown) });
  }

  /** Acknowledges a delivery and hears that the broker knows. */
  acknowledge(delivery: string, onKnown: OnAnswer): void {
    this.nats.publish(delivery, undefined, { reply: this.#expect(onKnown) });
  }

  #expect(onAnswer: OnAnswer): string {
    const token = this.#inbox + (this.#lastToken += 1);
    this.#pending.set(token, onAnswer);
    return token;
  }

  #settle(message: Msg): void {
    const { subject, data } = message;
    const onAnswer = this.#pending.get(subject);
    this.#pending.delete(subject);
    if (isError(data))
      this.#onFailure(new Error(`The broker refused: ${Buffer.from(data).toString()}`));
    else onAnswer?.(data);
  }
}

/**
 * Connects as Pawl does: no stack traces for requests, and one write per turn of the event loop. A
 * refusal of the broker ends the process: a floor with errors is no floor.
 */
export const connectFloor = async (url: string): Promise<FloorConnection> => {
  const { nats } = await connect({ servers: url });
  return new FloorConnection(nats, (error) => {
    throw error;
  });
};

/** What to pull. */
export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  readonly batch: number;
  /** Priority group of a pinned consumer. */
  readonly group?: string;
}

const PULL_EVERY_MS = 1000;
const EXPIRES_NANOS = 1_250_000_000;

/** Pulls a consumer: a request is always outstanding, the next one leaves at half of a batch. */
export const pull = (
  { nats }: FloorConnection,
  { stream, consumer, batch, group }: PullOptions,
  onDelivery: (message: Msg) => void,
): (() => void) => {
  const inbox = createInbox();
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  let left = 0;
  let pinId = '';
  const request = (): void => {
    left = batch;
    const pin = pinId === '' ? '' : `,"id":"${pinId}"`;
    const pinned = group === undefined ? '' : `,"group":"${group}"${pin}`;
    const body = `{"batch":${batch},"expires":${EXPIRES_NANOS}${pinned}}`;
    nats.publish(subject, body, { reply: inbox });
  };
  const subscription = nats.subscribe(inbox, {
    callback: (_error, message) => {
      if (!message.reply) return; // A status: the request has ended.
      if (group !== undefined && pinId === '') pinId = message.headers?.get('Nats-Pin-Id') ?? '';
      left -= 1;
      if (left < batch / 2) request();
      onDelivery(message);
    },
  });
  request();
  const timer = setInterval(request, PULL_EVERY_MS);
  return () => {
    clearInterval(timer);
    subscription.unsubscribe();
  };
};

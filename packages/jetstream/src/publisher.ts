// The fast way to publish and be told the outcome: one inbox, a table of what is unanswered.
// js.publish() builds two errors with stack traces per message, which a host feels.
import { PawlError, TokenTable, type Clock, type Headers } from '@pawl/core';
import { createInbox, errors, type Msg, type Status } from 'nats';
import { API_CODE, brokerError, noResponders, type ApiError } from './broker-error.ts';
import type { Connection } from './connection.ts';
import { parseAck, type PublishAck } from './publish-ack.ts';
import { encodeHeaders } from './wire-headers.ts';

const TICK_MS = 1_000;
/** The outcome counts as unknown after five to six seconds. */
const TIMEOUT_TICKS = 5;
/** Creating consumers on three nodes with busy disks takes longer than a publish. */
const API_TICKS = 16;
const RETRY_MS = 50;
/** The server takes at most so many bytes of headers. */
const HEADERS_MAX = 64 * 1024;

interface Pending {
  readonly subject: string;
  /** Number of the tick after which the outcome counts as unknown. */
  readonly lastTick: number;
  readonly resolve: (message: Msg) => void;
  readonly reject: (error: PawlError) => void;
}

/** How to publish one message. */
export interface PublishSettings {
  readonly headers?: Headers | undefined;
  /** Headers that the broker reads; they come before `headers`. */
  readonly own?: Headers | undefined;
}

/** Publishes and asks on one connection. Rejections are PawlErrors. */
export class Publisher {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #inbox: string;
  readonly #pending = new TokenTable<Pending>();
  readonly #stops: (() => void)[];
  #tick = 0;
  #idle: (() => void)[] = [];

  constructor(connection: Connection, clock: Clock) {
    const { nats, inboxPrefix } = connection;
    this.#connection = connection;
    this.#clock = clock;
    this.#inbox = `${createInbox(inboxPrefix)}.`;
    const subscription = nats.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error) this.#failAll(deniedInbox(this.#inbox, error));
        else this.#settle(message);
      },
    });
    const ticking = clock.every(TICK_MS, () => this.#expire());
    this.#stops = [
      connection.onStatus((status) => this.#onStatus(status)),
      () => ticking.stop(),
      () => subscription.unsubscribe(),
    ];
  }

  /** Publishes into a stream. Errors: see `Journal`; `broker-refused` when no stream takes it. */
  publish(
    subject: string,
    body: Uint8Array,
    { headers, own }: PublishSettings = {},
  ): Promise<PublishAck> {
    return new Promise((resolve, reject) => {
      const take = (message: Msg): void => {
        const ack = parseAck(message.data);
        if (!('error' in ack)) resolve(ack);
        else if (ack.error.err_code === API_CODE.duplicateInProcess) this.#later(pending, send);
        else reject(brokerError(`Publishing on ${subject}`, ack.error));
      };
      const lastTick = this.#tick + TIMEOUT_TICKS;
      const pending: Pending = { subject, lastTick, resolve: take, reject };
      const send = (): void => this.#send(body, pending, headers, own);
      send();
    });
  }

  /** Publishes and resolves with the first answer; `outcome-unknown` after five to six seconds. */
  request(
    subject: string,
    body: Uint8Array,
    headers?: Headers,
    own?: Headers,
    ticks: number = TIMEOUT_TICKS,
  ): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const lastTick = this.#tick + ticks;
      this.#send(body, { subject, lastTick, resolve, reject }, headers, own);
    });
  }

  /** The same with a time limit of its own, in ms. */
  ask(subject: string, body: Uint8Array, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#fail(
          () => unknown(subject, `there was no answer in ${timeoutMs} ms`),
          (pending) => pending === mine,
        );
      });
      const mine: Pending = {
        subject,
        lastTick: Number.POSITIVE_INFINITY,
        resolve: (message) => {
          timer.stop();
          resolve(message);
        },
        reject: (error) => {
          timer.stop();
          reject(error);
        },
      };
      this.#send(body, mine, undefined, undefined);
    });
  }

  /** Publishes without waiting for anything. Throws `no-connection`, `closed` and refusals. */
  tell(subject: string, body: Uint8Array | string, reply?: string, headers?: Headers): void {
    if (!this.#connection.isConnected) throw notSent(subject, this.#connection);
    try {
      const encoded = encodeHeaders(headers, undefined);
      this.#connection.nats.publish(subject, body, {
        ...(reply !== undefined && { reply }),
        ...(encoded && { headers: encoded }),
      });
    } catch (error) {
      throw this.#refusal(subject, body.length, error);
    }
  }

  /** A request to the JetStream API (`$JS.API.` is put before), body and answer as JSON. */
  async askApi<Answer extends object>(path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const subject = `$JS.API.${path}`;
    const message = await this.request(subject, Buffer.from(text), undefined, undefined, API_TICKS);
    const answer = message.json<Answer & { readonly error?: ApiError }>();
    if (answer.error) throw brokerError(path, answer.error);
    return answer;
  }

  /** Resolves when every publish so far has an outcome. */
  settled(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Stops; what is unanswered has an unknown outcome. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#failAll((subject) => unknown(subject, 'the connection was closed'));
  }

  #send(
    body: Uint8Array,
    pending: Pending,
    headers: Headers | undefined,
    own: Headers | undefined,
  ): void {
    const { subject, reject } = pending;
    if (!this.#connection.isConnected) {
      reject(notSent(subject, this.#connection));
      return;
    }
    const token = this.#pending.add(pending);
    try {
      const encoded = encodeHeaders(headers, own);
      const reply = this.#inbox + String(token);
      this.#connection.nats.publish(
        subject,
        body,
        encoded ? { reply, headers: encoded } : { reply },
      );
    } catch (error) {
      this.#pending.remove(token);
      reject(this.#refusal(subject, body.length, error));
    }
  }

  /**
   * Another publisher of the same id is at it, so its outcome is waited for. Unanswered meanwhile:
   * a connection that is lost now leaves an unknown outcome, for the twin may be stored.
   */
  #later(pending: Pending, send: () => void): void {
    const token = this.#pending.add(pending);
    this.#clock.after(RETRY_MS, () => {
      if (this.#pending.remove(token) !== undefined) send();
    });
  }

  #settle(message: Msg): void {
    const token = Number(message.subject.slice(this.#inbox.length));
    const pending = this.#pending.remove(token);
    if (pending === undefined) return; // Timed out before; the caller has been told.
    if (message.data.length === 0 && message.headers?.code === 503)
      pending.reject(noResponders(pending.subject));
    else pending.resolve(message);
    if (this.#pending.size === 0) this.#wakeIdle();
  }

  #wakeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #fail(error: (subject: string) => PawlError, isMeant: (pending: Pending) => boolean): void {
    for (const [token, pending] of this.#pending.entries())
      if (isMeant(pending)) {
        this.#pending.remove(token);
        pending.reject(error(pending.subject));
      }
    if (this.#pending.size === 0) this.#wakeIdle();
  }

  #failAll(error: (subject: string) => PawlError): void {
    this.#fail(error, () => true);
  }

  #expire(): void {
    this.#tick += 1;
    if (this.#pending.size > 0)
      this.#fail(
        (subject) => unknown(subject, 'there was no answer in time'),
        ({ lastTick }) => this.#tick > lastTick,
      );
  }

  #onStatus(status: Status): void {
    if (status.type === 'disconnect' || status.type === 'close')
      this.#failAll((subject) => unknown(subject, 'the connection was lost'));
    if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
      const { operation, subject } = status.error;
      if (operation === 'publish') this.#fail(denied, (pending) => pending.subject === subject);
    }
  }

  #refusal(subject: string, size: number, error: unknown): PawlError {
    if (error instanceof PawlError) return error;
    const largest = this.#connection.nats.info?.max_payload ?? 0;
    if (error instanceof errors.InvalidArgumentError && size + HEADERS_MAX > largest)
      return new PawlError(
        'payload-too-large',
        `The message on ${subject} has a body of ${size} bytes and headers; ` +
          `nats-server takes ${largest} bytes in all (max_payload).`,
        { details: { size, max: largest }, cause: error },
      );
    if (this.#connection.nats.isClosed() || this.#connection.nats.isDraining())
      return notSent(subject, this.#connection);
    return new PawlError('broker-refused', `Publishing on ${subject}: ${String(error)}.`, {
      cause: error,
    });
  }
}

const unknown = (subject: string, why: string): PawlError =>
  new PawlError('outcome-unknown', `The broker did not say whether it took ${subject}: ${why}.`, {
    details: { subject },
  });

const notSent = (subject: string, { nats }: Connection): PawlError =>
  nats.isClosed() || nats.isDraining()
    ? new PawlError('closed', `Nothing was sent on ${subject}: the connection has been closed.`)
    : new PawlError('no-connection', `Nothing was sent on ${subject}: not connected just now.`);

const denied = (subject: string): PawlError =>
  new PawlError('not-authorized', `The user of this connection may not publish on ${subject}.`, {
    details: { subject },
  });

const deniedInbox =
  (inbox: string, cause: Error) =>
  (subject: string): PawlError =>
    new PawlError(
      'not-authorized',
      `No answer can come to ${subject}: the user may not subscribe to ${inbox}*. ` +
        'Give connect() the inboxPrefix that the account allows.',
      { cause },
    );

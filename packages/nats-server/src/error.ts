// The errors of this package: no nats-server, one that is too old, one that did not start.

/** Nothing found or fetched, only an old one found, a server that died, or a store in use. */
export type NatsServerErrorCode =
  'nats-server-not-found' | 'nats-server-too-old' | 'nats-server-failed' | 'store-in-use';

/** Thrown by `findNatsServer` and `startNatsServer`. The message says the way out. */
export class NatsServerError extends Error {
  /** The stable name of the condition. */
  readonly code: NatsServerErrorCode;

  constructor(code: NatsServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NatsServerError';
    this.code = code;
  }
}

// Port: plain publish, subscribe and request, for everything that is not worth storing.
import type { Headers } from '../headers.ts';

/** A message on the bus. */
export interface BusMessage {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
  /** Answers a request; does nothing when nobody asked. */
  respond(body: Uint8Array): void;
}

/** A running subscription. */
export interface BusSubscription {
  stop(): void;
}

/** Core messaging. At most once. */
export interface Bus {
  publish(subject: string, body: Uint8Array, headers?: Headers): void;
  /** `*` and a final `>` are wildcards. With `queue`, one member of it gets each message. */
  subscribe(
    subject: string,
    onMessage: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): BusSubscription;
  /** Rejects with `no-answer` after `timeoutMs`, at once when nobody listens. */
  request(
    subject: string,
    body: Uint8Array,
    options: { readonly timeoutMs: number },
  ): Promise<BusMessage>;
  /** Resolves when everything published so far has reached the broker. */
  flush(): Promise<void>;
  /** Calls back with the connection's state. The current one is not repeated. */
  onConnection(listener: (state: 'connected' | 'disconnected' | 'closed') => void): BusSubscription;
}

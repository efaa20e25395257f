// The one seam of the memory broker: every message between a connection and the broker passes here.

/** What crosses: the operation, or what the broker sends on its own. */
export type CrossingKind =
  | 'append'
  | 'read'
  | 'consume'
  | 'reset'
  | 'unpin'
  | 'status'
  | 'ack'
  | 'arm'
  | 'disarm'
  /** A timer that fired, on its way from the timer stream to the journal. */
  | 'fire'
  | 'command'
  | 'pull'
  | 'nak'
  | 'extend'
  | 'save'
  | 'load'
  | 'remove'
  | 'register'
  | 'publish'
  | 'subscribe'
  | 'request'
  | 'respond'
  | 'flush'
  | 'emit'
  | 'dead-letter'
  | 'delivery'
  | 'unpinned'
  | 'message';

/** One message on its way. To the client it is an answer to `kind`, a delivery, or a message. */
export interface Crossing {
  /** Name of the connection; `broker` for what stays inside. */
  readonly connection: string;
  readonly direction: 'to-broker' | 'to-client';
  readonly kind: CrossingKind;
  /** What it is about: a subject, `<service>-<partition>`, a key. */
  readonly subject: string;
}

/**
 * Decides when a crossing is carried out: `carry` may be called now, later, never, or twice.
 * A seeded scheduler that holds crossings back delays, drops, repeats and reorders them.
 */
export type Network = (crossing: Crossing, carry: () => void) => void;

/** Carries everything, in order, one crossing in each later microtask. */
export const promptNetwork: Network = (_crossing, carry) => queueMicrotask(carry);

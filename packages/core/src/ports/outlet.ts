// Port: stored messages that no actor reads: integration events, progress, dead letters.
import type { ActorAddress } from '../names.ts';
import type { DeadLetter } from '../dead-letter.ts';
import type { ProgressBody } from '../message.ts';

/** An integration event. */
export interface OutgoingEmitted {
  readonly actor: ActorAddress;
  /** The same each time: consumers dedupe on it. */
  readonly id: string;
  readonly event: { readonly type: string; readonly [field: string]: unknown };
  /** Journal time, ms. */
  readonly time: number;
}

/** Integration events, with CloudEvents 1.0 headers. */
export interface EmittedEvents {
  publish(emitted: OutgoingEmitted): Promise<void>;
}

/** Where a command's progress lives for a day. */
export interface ProgressKey {
  readonly service: string;
  readonly actor: ActorAddress;
  readonly generation: string;
}

/** Progress of commands: the last value each. */
export interface Progress {
  save(key: ProgressKey, body: ProgressBody): Promise<void>;
  load(key: ProgressKey): Promise<ProgressBody | undefined>;
}

/** Dead letters: nothing is thrown away unseen. The same id twice is stored once. */
export interface DeadLetters {
  publish(letter: DeadLetter): Promise<void>;
  /** Oldest first; `after` is the id of the last one of the page before. */
  list(options?: {
    readonly limit?: number;
    readonly after?: string;
  }): Promise<readonly DeadLetter[]>;
  load(id: string): Promise<DeadLetter | undefined>;
  /** Removing one that is not there is no error. Afterwards the same id is stored again. */
  remove(id: string): Promise<void>;
}

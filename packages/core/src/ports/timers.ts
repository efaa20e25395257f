// Port: timers. The broker keeps them; a due one becomes an entry of kind `timer` in the journal.
import type { ActorAddress } from '../names.ts';

/** A timer to arm. */
export interface OutgoingTimer {
  readonly actor: ActorAddress;
  readonly generation: string;
  /** ms since 1970; a past time fires at once. */
  readonly dueAt: number;
  /** Body of the entry that it becomes. */
  readonly body: Uint8Array;
}

/** Timers. Arming the same generation twice is harmless. */
export interface Timers {
  arm(timer: OutgoingTimer): Promise<void>;
  /** Disarming a timer that is not there is no error. */
  disarm(actor: ActorAddress, generation: string): Promise<void>;
}

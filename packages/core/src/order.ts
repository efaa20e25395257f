// Orders of operators: bodies of `admin` entries, which say who ordered what, and why.
import type { EventBody } from './entry.ts';
import type { ErrorData } from './errors.ts';
import type { ActorAddress } from './names.ts';
import type { PendingCommand } from './actor-state.ts';

/** Something that an actor had out when an operator had its journal folded again. */
export interface HeldWait {
  readonly what: 'command' | 'timer' | 'child' | 'permit';
  /** Path of the invoke, or key of the timer. */
  readonly name: string;
  readonly generation: string;
  readonly status?: PendingCommand['status'] | 'waiting' | 'held';
  readonly service?: string;
  readonly task?: string;
  readonly until?: number;
  readonly child?: ActorAddress;
  readonly scopes?: readonly string[];
}

/**
 * Fold the journal again, from the create, by the machine of a version. `held` is what the actor
 * waited for when it was ordered: what is held and needed by the new state, too, goes on; the rest
 * is called off. Written down, so that no replay needs the former machine.
 */
export interface FoldAgainOrder {
  readonly type: 'fold-again';
  readonly version: string;
  /** Sequence of the create that began this incarnation. Default: the first create. */
  readonly bornAt?: number;
  readonly held?: readonly HeldWait[];
}

/** Deliver something as if it had come: an event, the end of a command or child, a timer. */
export type InjectOrder =
  | { readonly type: 'inject'; readonly event: EventBody }
  | {
      readonly type: 'inject';
      /** Path of the invoke. */
      readonly path: string;
      readonly outcome: 'done';
      readonly output?: unknown;
    }
  | {
      readonly type: 'inject';
      readonly path: string;
      readonly outcome: 'failed';
      readonly error: ErrorData;
    }
  | {
      readonly type: 'inject';
      /** Key of the timer. */
      readonly timer: string;
    };

/** Put the actor into a state of its chart. */
export interface SetStateOrder {
  readonly type: 'set-state';
  /** A state value, or the name of a state: what is left open is entered as `initial` says. */
  readonly value: unknown;
  /** Fields that replace those of the context. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** How many permits of a limit there are; without a number, as many as requests declare. */
export interface SetCapacityOrder {
  readonly type: 'set-capacity';
  readonly capacity?: number;
}

/** A limit takes a permit back, or a request out of its queue: its holder is faulted or gone. */
export interface ReleasePermitOrder {
  readonly type: 'release-permit';
  readonly holder: ActorAddress;
  /** Path of the invoke. Default: whatever the holder has of this limit. */
  readonly path?: string;
  readonly generation?: string;
}

/** What an operator can order. */
export type AdminOrder =
  /** A faulted actor goes on; a failed attempt is followed by the next at once. */
  | { readonly type: 'retry'; readonly path?: string }
  | InjectOrder
  /** Entries from here on wait in the journal. */
  | { readonly type: 'pause' }
  /** They are folded. */
  | { readonly type: 'resume' }
  | FoldAgainOrder
  | SetStateOrder
  /** The actor ends at once; nothing is done about what it stands for. */
  | { readonly type: 'unlink' }
  | SetCapacityOrder
  | ReleasePermitOrder
  /** A dead letter of this actor was thrown away. Changes nothing; the history shows it. */
  | { readonly type: 'discard'; readonly letter: string };

/** Body of `admin`: what an operator ordered, with who and why. */
export type AdminBody = AdminOrder & { readonly by: string; readonly why?: string };

/** Does this order end a pause, and every other reason to be parked? */
export const endsParking = (type: unknown): boolean => type === 'resume' || type === 'fold-again';

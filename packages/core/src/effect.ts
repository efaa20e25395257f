// Effects: what a step decides and a host carries out. Plain data, with ids from the journal.
import type { QueueClass } from './command.ts';
import type { ParentLink } from './entry.ts';
import type { ActorAddress } from './names.ts';

/** Publish a command. Harmless when late: one reply per generation is folded. */
export interface CommandEffect {
  readonly kind: 'command';
  /** `<type>/<id>/<path>@<generation>`. */
  readonly id: string;
  readonly path: string;
  readonly generation: string;
  readonly class: QueueClass;
  readonly service: string;
  readonly task: string;
  readonly input: unknown;
  readonly attempt: number;
  /** Command id of the first attempt. */
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
  readonly deadlineAt: number;
  /** Journal time of the step that decided this attempt, ms. */
  readonly decidedAt: number;
  readonly encoding: 'msgpack' | 'json';
  readonly hops: number;
}

/** Tell workers that nobody waits for a command any more. Best effort. */
export interface CancelEffect {
  readonly kind: 'cancel';
  readonly id: string;
  readonly path: string;
  readonly generation: string;
  readonly service: string;
}

/** Arm a timer. Harmless when late: the generation is in subject and table. */
export interface ArmEffect {
  readonly kind: 'arm';
  readonly key: string;
  readonly generation: string;
  readonly dueAt: number;
}

/** Disarm a timer. Best effort: a stale timer changes nothing. */
export interface DisarmEffect {
  readonly kind: 'disarm';
  readonly key: string;
  readonly generation: string;
}

/** Send an event to another actor. The receiver keeps the last (sequence, n) per sender. */
export interface PeerEffect {
  readonly kind: 'peer';
  readonly to: ActorAddress;
  /** Sequence of the entry that caused it. */
  readonly sequence: number;
  /** Position among the peer events of the step, in publishing order. */
  readonly n: number;
  readonly event: { readonly type: string; readonly [field: string]: unknown };
  readonly class?: QueueClass;
  readonly hops: number;
}

/**
 * Create a durable child (`remote`), or the limit of a scope. Compare-and-set: a repeat finds it
 * there.
 */
export interface CreateEffect {
  readonly kind: 'create';
  readonly to: ActorAddress;
  readonly input: unknown;
  /** Absent for a limit: whoever was first has created it, which is as good. */
  readonly parent?: ParentLink;
  readonly class?: QueueClass;
  readonly hops: number;
  /** An ended actor of this id begins its next life; else its id is taken. */
  readonly renew?: true;
}

/** Publish an integration event. The id is the same each time. */
export interface EmitEffect {
  readonly kind: 'emit';
  /** `<type>/<id>/emit@<sequence>-<n>`. */
  readonly id: string;
  readonly event: { readonly type: string; readonly [field: string]: unknown };
}

/** A log line, written once, by the host that folds the step live. */
export interface LogEffect {
  readonly kind: 'log';
  readonly label?: string;
  readonly value: unknown;
}

/** A success of a command nobody waits for and no state handles. Goes to the dead letters. */
export interface LateEffect {
  readonly kind: 'late';
  readonly id: string;
  readonly path: string;
  /** Name of the contract as the machine knows it: the event would be `pawl.late.<src>`. */
  readonly src: string;
  readonly input: unknown;
  readonly task: string;
  readonly service: string;
  readonly output: unknown;
}

/** All that a step can decide. */
export type Effect =
  | CommandEffect
  | CancelEffect
  | ArmEffect
  | DisarmEffect
  | PeerEffect
  | CreateEffect
  | EmitEffect
  | LogEffect
  | LateEffect;

// The state of one actor: the fold of its journal. Plain JSON data, the same in memory, snapshots
// and answers; only the table of a limit has another form in memory.
import type { QueueClass } from './command.ts';
import type { ParentLink, PeerMark, PeerSignal } from './entry.ts';
import type { ErrorData } from './errors.ts';
import type { LimitTable } from './limit/limit-table.ts';
import type { ActorAddress } from './names.ts';

/** An XState persisted snapshot (`getPersistedSnapshot()`): loadable by `createActor`. */
export interface PersistedSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly historyValue?: unknown;
  readonly children?: Readonly<Record<string, unknown>>;
  /** Ids of the active state nodes, when parallel regions were entered out of document order. */
  readonly nodes?: readonly string[];
  readonly output?: unknown;
  readonly error?: unknown;
}

/** A command that waits for its reply, its retry or its deadline. */
export interface PendingCommand {
  readonly status: 'running' | 'backoff' | 'cancelled';
  /** Path of the invoke: `<child>/<invoke id>` for nested machines. */
  readonly path: string;
  /** Generation of the current attempt. */
  readonly generation: string;
  /** Generation of the first attempt: its command id is the idempotency key. */
  readonly firstGeneration: string;
  /** Generations of attempts between the first and the current: a success of theirs counts too. */
  readonly between?: readonly string[];
  readonly class: QueueClass;
  /** Queue class of the operation that caused it: what follows from its end inherits it. */
  readonly operation?: QueueClass;
  readonly service: string;
  readonly task: string;
  readonly input: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** When the first attempt was decided, ms. */
  readonly since: number;
  /** When the current attempt was decided, ms. */
  readonly attemptSince: number;
  /** Longest time of one attempt, ms. */
  readonly timeoutMs: number;
  /** The sweep expires the command after this, ms. */
  readonly deadlineAt: number;
  readonly encoding: 'msgpack' | 'json';
  /** Name of the contract as the machine knows it, for `pawl.late.<name>`. */
  readonly src: string;
  /** Peer hops of the event that caused it. */
  readonly hops: number;
  /** Error of the last failed attempt. */
  readonly lastError?: ErrorData;
  /** Cancelled after its current attempt had failed: only a late success can still come. */
  readonly answered?: true;
}

/** An armed timer. */
export interface PendingTimer {
  readonly key: string;
  readonly generation: string;
  /** `after`, `raise` and `send` deliver `event`; `retry` starts the next attempt of a command. */
  readonly kind: 'after' | 'raise' | 'send' | 'retry';
  readonly dueAt: number;
  readonly since: number;
  /** Path of the machine in this actor that gets the event; '' is the root. */
  readonly to?: string;
  /** Incarnation of that machine: a timer of an earlier one is stale. */
  readonly toGeneration?: string;
  /** Delayed `sendTo` an actor elsewhere. */
  readonly address?: ActorAddress;
  readonly event?: { readonly type: string; readonly [field: string]: unknown };
  /** Path of the command to retry. */
  readonly command?: string;
  /** Queue class of the operation that armed it. */
  readonly class?: QueueClass;
}

/** A durable child made by `remote`. */
export interface PendingChild extends ActorAddress {
  readonly path: string;
  readonly generation: string;
  readonly since: number;
  readonly input: unknown;
  /** Queue class of the operation that made it. */
  readonly class?: QueueClass;
  /** Peer hops of its create: one more than those of the event that caused it. */
  readonly hops: number;
  /** An ended actor of this id begins its next life. */
  readonly renew?: true;
  /** It ended while this actor was faulted: told to the machine when an operator goes on. */
  readonly end?: Exclude<PeerSignal, { readonly type: 'pawl.stop' }>;
}

/** A permit that is held, or that the actor waits for. */
export interface PendingPermit {
  /** Path of the invoke. */
  readonly path: string;
  readonly generation: string;
  /** Sorted: asked for one after the other. */
  readonly scopes: readonly string[];
  readonly max: number;
  /** How many of the scopes are held, the first ones. */
  readonly held: number;
  /** When the first was asked for, ms. */
  readonly since: number;
  /** Since when all are held, ms. */
  readonly heldSince?: number;
  /** Who stands before it, as the limit of the awaited scope has told. */
  readonly behind?: ActorAddress;
  /** Queue class of the operation that needs it. */
  readonly class?: QueueClass;
  /** Peer hops of the event that caused it. */
  readonly hops: number;
  /** Granted while this actor was faulted: told to the machine when an operator goes on. */
  readonly isUntold?: true;
}

/** What an actor waits for. Recovery publishes from it. */
export interface PendingTable {
  /** By path; cancelled ones by `<path>@<generation>`. */
  readonly commands: Readonly<Record<string, PendingCommand>>;
  /** By key. */
  readonly timers: Readonly<Record<string, PendingTimer>>;
  /** By path. */
  readonly children: Readonly<Record<string, PendingChild>>;
  /** By path. Absent when there are none. */
  readonly permits?: Readonly<Record<string, PendingPermit>>;
}

/** Why the runtime cannot go on with an actor, and which entry did it. */
export interface Fault {
  readonly sequence: number;
  readonly time: number;
  readonly error: ErrorData;
}

/** State of an actor after the entry at `sequence`. */
export interface ActorState extends ActorAddress {
  /** Layout of this record. */
  readonly format: 1;
  readonly version: string;
  /** Digest of the machine that folded it; another machine never folds it on. */
  readonly digest: string;
  /** How many times its journal was folded again by an operator's order. */
  readonly epoch: number;
  /** Sequence of the create that began this incarnation. */
  readonly bornAt: number;
  /** Last entry folded. */
  readonly sequence: number;
  /** Broker timestamp of the last entry folded, ms: proves a snapshot against the journal. */
  readonly entryTime: number;
  /** The actor's clock: the largest entry time so far, ms. */
  readonly time: number;
  /** When the state value last changed, ms. */
  readonly since: number;
  /** `done`: reached its final state. `faulted`: see `fault`. */
  readonly status: 'active' | 'done' | 'faulted';
  readonly snapshot: PersistedSnapshot;
  readonly tags: readonly string[];
  readonly pending: PendingTable;
  /** Incarnation of each machine that runs inside, by path. */
  readonly incarnations: Readonly<Record<string, string>>;
  /** Last peer event folded, by sender `<type>/<id>`. */
  readonly peers: Readonly<Record<string, PeerMark>>;
  readonly parent?: ParentLink;
  readonly fault?: Fault;
  /** Of a limit: who holds and who waits. The one part that only encoding makes plain data. */
  readonly limit?: LimitTable;
}

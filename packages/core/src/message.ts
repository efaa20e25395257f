// Messages of commands and replies, as they travel between hosts and workers.
import type { QueueClass } from './command.ts';
import type { ActorAddress } from './names.ts';

/** Body of a command. */
export interface CommandBody {
  readonly task: string;
  readonly actor: ActorAddress;
  readonly path: string;
  readonly generation: string;
  readonly input: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** Command id of the first attempt: the same for all attempts. */
  readonly idempotencyKey: string;
  readonly class: QueueClass;
  /** Longest time of this attempt, ms. */
  readonly timeoutMs: number;
  /** Nobody waits after this, ms since 1970. */
  readonly deadlineAt: number;
  /** Journal time of the step that decided it, ms since 1970. */
  readonly decidedAt: number;
}

/** Body of `pawl.cancel.<service>`. */
export interface CancelBody {
  readonly id: string;
  readonly actor: ActorAddress;
  readonly path: string;
  readonly generation: string;
}

/** Body of `pawl.pending.<type>.<id>`: a worker asks before it runs an old or repeated command. */
export interface PendingQuestion {
  readonly path: string;
  readonly generation: string;
}

/** Reply to it. */
export interface PendingReply {
  readonly pending: boolean;
}

/** Body of a progress message: last value per command kept for a day. */
export interface ProgressBody {
  /** What the task said. */
  readonly details?: unknown;
  /** Delivery number at which the task answered `pending` last. */
  readonly pendingDelivery?: number;
  /** Deliveries since then that a worker gave back without running: they are no crashes. */
  readonly handedBack?: number;
  /** How often since then a worker began to run it although an earlier delivery had no end. */
  readonly starts?: number;
  readonly time: number;
}

/** Body of `pawl.host.<service>.<host>`. */
export interface HeartbeatBody {
  readonly service: string;
  readonly host: string;
  /** When it began, ms since 1970: two of one name differ in it. */
  readonly startedAt: number;
  readonly partitions: readonly number[];
  /** Versions by type. */
  readonly machines: Readonly<Record<string, readonly string[]>>;
  readonly time: number;
  /** The last one: it gives all its partitions away now. */
  readonly leaving?: true;
}

/** How long a task takes in one worker: the last runs of one class. */
export interface TaskTiming {
  readonly task: string;
  readonly class: QueueClass;
  /** Runs since the worker started. */
  readonly runs: number;
  /** Run time of one call that half of the last runs did not exceed, ms. */
  readonly runMedianMs: number;
  /** The same for 95 % of them. */
  readonly runP95Ms: number;
  /** Time in the queue before the first delivery, for 95 % of the last runs, ms. */
  readonly waitP95Ms: number;
}

/** Body of `pawl.worker.<service>.<worker>`. */
export interface WorkerBeatBody {
  readonly service: string;
  readonly worker: string;
  /** When it began, ms since 1970: two of one name differ in it. */
  readonly startedAt?: number;
  /** Names of the tasks that it serves. */
  readonly tasks: readonly string[];
  /** How many commands of each class it runs at a time. */
  readonly slots: Readonly<Record<QueueClass, number>>;
  /** Calls that run now. */
  readonly running: number;
  /** The same by class: so many slots are taken. */
  readonly busy?: Readonly<Record<QueueClass, number>>;
  /** Of these: calls that go on after their timeout. */
  readonly overdue?: Readonly<Record<QueueClass, number>>;
  readonly timings: readonly TaskTiming[];
  readonly time: number;
}

// What the parts of a running worker share.
import type {
  Clock,
  CommandDelivery,
  Dictionary,
  Log,
  Ports,
  QueueClass,
  TokenTable,
} from '@pawl/core';
import type { Cancellations } from './cancellations.ts';
import type { Execution } from './execution.ts';
import type { ProgressNotes } from './progress-notes.ts';
import type { OutgoingReply } from './replier.ts';
import type { Slots } from './slots.ts';
import type { RunLog } from './run-log.ts';
import type { WorkerStats } from './stats.ts';
import type { TaskTimings } from './task-timings.ts';
import type { Tally } from './tally.ts';
import type { Task } from './task.ts';

/** A delivery that is not answered yet. */
export interface HeldDelivery {
  readonly delivery: CommandDelivery;
  /** Absent until the command has been read. */
  notes?: ProgressNotes;
}

/** The state and the doors of one worker. */
export interface WorkerShell {
  readonly ports: Ports;
  readonly service: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly tasks: ReadonlyMap<string, Task>;
  readonly cancellations: Cancellations;
  /** Calls under way, by command id. */
  readonly running: Dictionary<Execution>;
  /** Of these, the one that may end its worker: at most one at a time. */
  readonly suspects: Set<string>;
  /** Deliveries whose ack wait must be extended. */
  readonly held: TokenTable<HeldDelivery>;
  readonly stats: WorkerStats;
  /** Calls under way, by class: each holds a slot. */
  readonly busy: Record<QueueClass, number>;
  /** Of these, calls that go on after their timeout. */
  readonly overdue: Record<QueueClass, number>;
  readonly slots: Slots;
  readonly runLog: RunLog;
  readonly timings: TaskTimings;
  readonly sendReply: (reply: OutgoingReply) => Promise<void>;
  /** Acknowledgements under way: stop() waits for them. */
  readonly acks: Tally;
}

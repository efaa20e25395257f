// A schedule as data: what is run when. JSON, because it is the input of an actor.
import type { EventBody } from '../entry.ts';
import type { JobContract } from '../machine/job-contract.ts';

/** When: at the times of a cron expression in a zone, or each so many ms from its start. */
export type ScheduleTiming =
  | {
      /** Six fields: second, minute, hour, day of month, month, day of week. */
      readonly cron: string;
      /** IANA name. */
      readonly timeZone: string;
    }
  | { readonly everyMs: number };

/** One background command, run as a `job` actor. */
export interface CommandTarget {
  readonly kind: 'command';
  readonly contract: JobContract;
  readonly input: unknown;
  /** Among all schedules, at most one job of a key is queued or runs. */
  readonly key?: string;
}

/** An actor for each run. */
export interface ActorTarget {
  readonly kind: 'actor';
  readonly type: string;
  /** Ids are `<prefix>-<tick>`. */
  readonly idPrefix: string;
  readonly input: unknown;
}

/** An event for all actors of a type. */
export interface FanOutTarget {
  readonly kind: 'fan-out';
  readonly type: string;
  /** Names of states, as in a list question; without them every active actor gets it. */
  readonly states?: readonly string[];
  readonly event: EventBody;
}

/** What is run. */
export type ScheduleTarget = CommandTarget | ActorTarget | FanOutTarget;

/** What becomes of a tick while a run is in flight. */
export type Overlap = 'skip' | 'buffer-one' | 'allow' | 'cancel-running';

/** All overlap policies, the default first. */
export const OVERLAPS: readonly Overlap[] = ['skip', 'buffer-one', 'allow', 'cancel-running'];

/** Which of the times that went by unseen are run: the latest, or all that are not older, ms. */
export type CatchUp = 'latest' | number;

/** How long ticks are skipped after a failed run: longer with each failure in a row. */
export interface ScheduleBackoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The whole definition. */
export interface ScheduleDefinition {
  readonly timing: ScheduleTiming;
  readonly target: ScheduleTarget;
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
  /** Undefined: a failed run changes nothing. */
  readonly backoff?: ScheduleBackoff;
}

/** Create input of a `schedule` actor, and fields of its `DECLARE` event. */
export interface ScheduleInput {
  readonly definition: ScheduleDefinition;
  /** The service whose code declares it. */
  readonly service: string;
  /** Tells definitions apart. */
  readonly digest: string;
}

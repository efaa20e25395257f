// What a schedule remembers: its context, as JSON data.
import type { ErrorData } from '../errors.ts';
import type { TimesInput } from './coming-times.ts';
import type { ScheduleInput } from './definition.ts';

/** Why a run began. */
export type RunReason = 'tick' | 'catch-up' | 'by-hand' | 'backfill';

/** A run that is to begin, or has begun. */
export interface ScheduleRun {
  /** `<schedule>-<tick>`: also the id of a job, and the end of an actor's. */
  readonly id: string;
  readonly reason: RunReason;
  /** Nominal time, ms since 1970. */
  readonly tick: number;
}

/** A run in flight. */
export interface RunningRun extends ScheduleRun {
  readonly startedAt: number;
  /** It was told to stop. */
  readonly stopping?: true;
}

/** A run that has ended. */
export interface EndedRun extends RunningRun {
  readonly endedAt: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'erred';
  readonly output?: unknown;
  readonly error?: ErrorData;
}

/** Why a tick was not run. */
export type SkipReason =
  'overlap' | 'replaced' | 'too-many' | 'backoff' | 'paused' | 'key-busy' | 'missed';

/** What became of a tick, or of several alike. */
export interface TickNote {
  readonly at: number;
  readonly what: 'started' | 'skipped' | 'missed';
  readonly tick: number;
  readonly reason: RunReason | SkipReason;
  /** How many ticks up to this one; default 1. */
  readonly count?: number;
}

/** How many ticks went which way, and how many events for many actors refused. */
export interface ScheduleCounts {
  readonly started: number;
  readonly ok: number;
  readonly erred: number;
  readonly skipped: number;
  readonly missed: number;
  readonly refused: number;
}

/** Context of a `schedule` actor. */
export interface ScheduleContext extends ScheduleInput {
  readonly name: string;
  /** `every` counts from here. */
  readonly anchor: number;
  /** Nominal times up to here are accounted for. */
  readonly accountedTo: number;
  /** When it last looked which times have come. */
  readonly lookedAt: number;
  /** What times that went by unseen are: missed, or paused. */
  readonly gap: 'missed' | 'paused';
  /** Coming nominal times of a cron expression. */
  readonly coming: readonly number[];
  /** What was asked for last. */
  readonly asked: TimesInput | null;
  readonly isPaused: boolean;
  /** By slot. */
  readonly running: Readonly<Record<string, RunningRun>>;
  readonly buffered: ScheduleRun | null;
  /** Nominal times of backfills that wait for their turn. */
  readonly backlog: readonly number[];
  /** Range that a backfill was asked for and whose times are not known yet. */
  readonly wanted: { readonly from: number; readonly to: number } | null;
  /** Failed runs in a row. */
  readonly failures: number;
  /** Ticks before this are skipped. */
  readonly backoffUntil: number | null;
  readonly last: EndedRun | null;
  readonly counts: ScheduleCounts;
  /** The last notes, oldest first. */
  readonly notes: readonly TickNote[];
  /** Counts runs by hand and backfills: part of their ids. */
  readonly serial: number;
  /** Why the coming times, or those of a backfill, are not known. */
  readonly problem: ErrorData | null;
}

/** Context of a schedule that has just been declared. */
export const newScheduleContext = (
  name: string,
  { definition, service, digest }: ScheduleInput,
  now: number,
): ScheduleContext => ({
  name,
  definition,
  service,
  digest,
  anchor: now,
  accountedTo: now,
  lookedAt: now,
  gap: 'missed',
  coming: [],
  asked: null,
  isPaused: false,
  running: {},
  buffered: null,
  backlog: [],
  wanted: null,
  failures: 0,
  backoffUntil: null,
  last: null,
  counts: { started: 0, ok: 0, erred: 0, skipped: 0, missed: 0, refused: 0 },
  notes: [],
  serial: 0,
  problem: null,
});

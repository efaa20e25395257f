// The commands of the built-in type `schedule`. The umbrella package serves them.
import { command, onQueue, type Command } from '../command.ts';
import type { EventBody } from '../entry.ts';
import type { Schema } from '../schema.ts';
import type { TimesInput, TimesOutput } from './coming-times.ts';

/** Service that owns the built-in types and serves their commands. */
export const BUILT_IN_SERVICE = 'pawl';

/** Both ends are ours: there is nothing to check, and JSON Schema would only repeat the types. */
const ours = <Data>(): Schema<Data> => ({
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value: value as Data }) },
});

/** Input of `schedule-backfill`. Times in ms since 1970. */
export interface BackfillInput {
  readonly cron: string;
  readonly timeZone: string;
  readonly from: number;
  readonly to: number;
  /** More times than these are refused. */
  readonly max: number;
}

/** Input of `schedule-fan-out`. */
export interface FanOutInput {
  readonly schedule: string;
  /** Names the run: part of the id of each event. */
  readonly tick: string;
  readonly type: string;
  readonly states?: readonly string[];
  readonly event: EventBody;
}

/** Output of `schedule-fan-out`. */
export interface FanOutOutput {
  /** Actors that were sent the event. */
  readonly sent: number;
  /** Events that actors have refused since the last run was told. */
  readonly refused?: number;
}

/** A built-in command with its types. */
export type BuiltInCommand<Input, Output> = Command<Schema<Input>, Schema<Output>>;

const PATIENT = { attemptsMax: 1_000, backoffMs: 1000, backoffMaxMs: 60_000 };

/** The times of a cron expression. */
export const scheduleTimes: BuiltInCommand<TimesInput, TimesOutput> = onQueue(
  command({
    name: 'schedule-times',
    service: BUILT_IN_SERVICE,
    input: ours<TimesInput>(),
    output: ours<TimesOutput>(),
    retry: PATIENT,
    deadlineMs: 86_400_000,
  }),
  'background',
);

/** The times between two moments. */
export const scheduleBackfill: BuiltInCommand<BackfillInput, readonly number[]> = onQueue(
  command({
    name: 'schedule-backfill',
    service: BUILT_IN_SERVICE,
    input: ours<BackfillInput>(),
    output: ours<readonly number[]>(),
    retry: PATIENT,
    deadlineMs: 3_600_000,
  }),
  'background',
);

/** An event for all actors of a type. */
export const scheduleFanOut: BuiltInCommand<FanOutInput, FanOutOutput> = onQueue(
  command({
    name: 'schedule-fan-out',
    service: BUILT_IN_SERVICE,
    input: ours<FanOutInput>(),
    output: ours<FanOutOutput>(),
    retry: PATIENT,
    timeoutMs: 600_000,
    deadlineMs: 3_600_000,
  }),
  'background',
);

// Is there anything to backfill between two times, and not too much? Told before it is asked for.
import { BACKFILL_MAX, nextEvery, nextTime, type ScheduleContext } from '@pawl/core';
import { isoTime } from '../show/time-text.ts';
import { UsageError } from '../usage-error.ts';

/** First and last time, ms since 1970. */
export interface BackfillRange {
  readonly from: number;
  readonly to: number;
}

const nextOf = ({ anchor, definition: { timing } }: ScheduleContext, after: number) =>
  'cron' in timing
    ? nextTime(timing.cron, timing.timeZone, after)
    : nextEvery(anchor, timing.everyMs, after);

/** Throws UsageError for a range that has no time of the schedule, too many, or some to come. */
export const checkBackfill = (
  context: ScheduleContext,
  { from, to }: BackfillRange,
  now: number,
): void => {
  if (from > to) throw new UsageError('--from is later than --to.');
  if (to > now)
    throw new UsageError(`--to ${isoTime(to)} is in the future: those times come by themselves.`);
  const range = `between ${isoTime(from)} and ${isoTime(to)}`;
  let count = 0;
  let last: number | undefined;
  let time = nextOf(context, from - 1);
  if (time === undefined || time > to) {
    const first = time === undefined ? '' : `; the first one after it is ${isoTime(time)}`;
    throw new UsageError(`The schedule ${context.name} has no time ${range}${first}.`);
  }
  while (time !== undefined && time <= to) {
    count += 1;
    if (count > BACKFILL_MAX)
      throw new UsageError(
        `The schedule ${context.name} has more than ${BACKFILL_MAX} times ${range}: backfill a ` +
          `part at a time, the first with --to ${isoTime(last ?? to)}.`,
      );
    last = time;
    time = nextOf(context, time);
  }
};

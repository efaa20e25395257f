// What the task `schedule-times` answers: zone data are read once; the journal keeps the result.
import { nextTime, nextTimes } from './cron.ts';
import type { CatchUp } from './definition.ts';
import { DUE_MAX, divideTimes } from './due-times.ts';

/** Input of `schedule-times`. Times in ms since 1970. */
export interface TimesInput {
  readonly cron: string;
  readonly timeZone: string;
  /** Times up to here are known. */
  readonly after: number;
  /** Times after `after` and up to here have gone by. */
  readonly now: number;
  readonly catchUp: CatchUp;
  /** How many coming times are wanted. */
  readonly count: number;
}

/** Output of `schedule-times`. */
export interface TimesOutput {
  /** Of the times that have gone by, those to run. */
  readonly due: readonly number[];
  /** How many more have gone by. */
  readonly missed: number;
  /** The next ones after `now`. */
  readonly coming: readonly number[];
}

/** Times that are counted one by one. Of a longer gap, the middle is reckoned. */
const COUNTED_MAX = 5000;

/** The times that have gone by: the last of them one by one, and how many there were. */
const pastTimes = ({ cron, timeZone, after, now }: TimesInput) => {
  const last: number[] = [];
  let total = 0;
  let skipped = 0;
  let time = nextTime(cron, timeZone, after);
  while (time !== undefined && time <= now) {
    total += 1;
    last.push(time);
    if (total === COUNTED_MAX) {
      const gap = (time - after) / total;
      const jump = Math.floor(now - 2 * DUE_MAX * gap);
      if (jump > time) {
        skipped = Math.floor((jump - time) / gap);
        last.length = 0;
        time = jump;
      }
    }
    time = nextTime(cron, timeZone, time);
  }
  return { last, total: total + skipped };
};

/** Answers. Pure but for the zone data of this process. */
export const comingTimes = (input: TimesInput): TimesOutput => {
  const { cron, timeZone, after, now, catchUp, count } = input;
  const { last, total } = pastTimes(input);
  const { due } = divideTimes(last, now, catchUp);
  const coming = nextTimes(cron, timeZone, Math.max(after, now), count);
  return { due, missed: total - due.length, coming };
};

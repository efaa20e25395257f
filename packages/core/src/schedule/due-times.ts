// Which of the times that have come are run, and which count as missed. Pure.
import type { CatchUp } from './definition.ts';

/** A tick that comes within this is on time, whatever the window for catching up says, ms. */
export const ON_TIME_MS = 10_000;

/** Times that are run at once, at most: older ones count as missed. */
export const DUE_MAX = 1000;

/** What is to be done about the times up to now. */
export interface DueTimes {
  /** To be run, oldest first. */
  readonly due: readonly number[];
  /** How many were too old. */
  readonly missed: number;
}

/** Is a time, which is the latest or not, to be run at `now`? */
const isDue = (time: number, isLatest: boolean, now: number, catchUp: CatchUp): boolean => {
  if (catchUp === 'latest') return isLatest;
  return now - time <= (isLatest ? Math.max(catchUp, ON_TIME_MS) : catchUp);
};

/** Divides times up to `now`, in order, `latest` the last of them. */
export const divideTimes = (times: readonly number[], now: number, catchUp: CatchUp): DueTimes => {
  const latest = times.at(-1);
  const wanted = times.filter((time) => isDue(time, time === latest, now, catchUp));
  const due = wanted.slice(-DUE_MAX);
  return { due, missed: times.length - due.length };
};

/** The same for all `anchor + n × everyMs` in (after, now], however many there are. */
export const divideEvery = (
  { anchor, everyMs }: { readonly anchor: number; readonly everyMs: number },
  after: number,
  now: number,
  catchUp: CatchUp,
): DueTimes => {
  const first = Math.floor((after - anchor) / everyMs) + 1;
  const last = Math.floor((now - anchor) / everyMs);
  const total = Math.max(0, last - first + 1);
  const seen = Math.min(total, DUE_MAX + 1);
  const times = Array.from({ length: seen }, (_, n) => anchor + (last - seen + 1 + n) * everyMs);
  const { due } = divideTimes(times, now, catchUp);
  return { due, missed: total - due.length };
};

/** The first `anchor + n × everyMs` after a time. */
export const nextEvery = (anchor: number, everyMs: number, after: number): number =>
  anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;

/** The first `max` of all `anchor + n × everyMs` from one time to another. */
export const everyBetween = (
  { anchor, everyMs }: { readonly anchor: number; readonly everyMs: number },
  from: number,
  to: number,
  max: number,
): readonly number[] => {
  const times: number[] = [];
  let time = nextEvery(anchor, everyMs, from - 1);
  for (; time <= to && times.length < max; time += everyMs) times.push(time);
  return times;
};

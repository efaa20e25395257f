// A preview of a schedule: its next times on the wall of its zone, and what a change of the clock
// does to them.
import { nextTickOf, nextTime, nextTimes, type ScheduleContext } from '@pawl/core';
import { offsetText, WallClock, wallText, wallTime, type ClockChange } from './wall-clock.ts';

/**
 * What a change of the clock does to a time: it does not exist and comes later (`moved`) or not at
 * all (`skipped`); it exists twice and is the `first` or `second` of two ticks, or the only one
 * (`once`). `changed`: nothing, but it is the first tick since.
 */
export type ClockEffect = 'moved' | 'skipped' | 'first' | 'second' | 'once' | 'changed';

/** One line of the preview. */
export interface ComingTick {
  /** When it comes, ISO 8601; null for times that are skipped. */
  readonly time: string | null;
  /** On the wall of the zone. */
  readonly local: string;
  /** IANA name. */
  readonly zone: string;
  /** Of the zone's clock from UTC, `+02:00`; null for times that are skipped. */
  readonly offset: string | null;
  readonly dst?: ClockEffect;
  /** The same in words. */
  readonly note?: string;
}

/** The next times of a schedule, from its own state: what is armed, and what it will ask for. */
export const comingTimesOf = (
  context: ScheduleContext,
  now: number,
  count: number,
): readonly number[] => {
  const { timing } = context.definition;
  const from = Math.max(now, context.accountedTo);
  if ('everyMs' in timing) {
    const first = nextTickOf({ ...context, accountedTo: from }) ?? from;
    return Array.from({ length: count }, (_, index) => first + index * timing.everyMs);
  }
  // Known times are in the journal: they hold, whatever the zone data of this process say.
  const known = context.coming.filter((time) => time > from).slice(0, count);
  const missing = count - known.length;
  return [...known, ...nextTimes(timing.cron, timing.timeZone, known.at(-1) ?? from, missing)];
};

/** The preview. */
export const comingTicks = (
  context: ScheduleContext,
  now: number,
  count: number,
): readonly ComingTick[] => {
  const { timing } = context.definition;
  const times = comingTimesOf(context, now, count);
  if ('everyMs' in timing) {
    const utc = new WallClock('UTC');
    return times.map((time) => plainTick(utc, time));
  }
  const { cron, timeZone } = timing;
  const clock = new WallClock(timeZone);
  const from = Math.max(now, context.accountedTo);
  return times.flatMap((time, index) => {
    const after = times[index - 1] ?? from;
    // A first time is told also when it has not come yet: a day is more than any clock jumps.
    const changes = clock.changes(after, time);
    const skipped = changes.flatMap((change) => skippedTicks(clock, cron, change, time));
    return [...skipped, { ...plainTick(clock, time), ...effectOn(clock, cron, time, changes) }];
  });
};

const plainTick = (clock: WallClock, time: number): ComingTick => ({
  time: new Date(time).toISOString(),
  local: wallText(clock.at(time)),
  zone: clock.timeZone,
  offset: offsetText(clock.offset(time)),
});

/** `from 02:00:00 to 03:00:00`. */
const jumpText = (clock: WallClock, { at, byMs }: ClockChange): string =>
  `from ${wallTime(clock.at(at) - byMs)} to ${wallTime(clock.at(at))}`;

/** Wall times of the expression that a jump forward leaves out. */
const leftOut = (clock: WallClock, cron: string, { at, byMs }: ClockChange): readonly number[] => {
  const end = clock.at(at);
  const walls: number[] = [];
  let wall = nextTime(cron, 'UTC', end - byMs - 1);
  while (wall !== undefined && wall < end) {
    walls.push(wall);
    wall = nextTime(cron, 'UTC', wall);
  }
  return walls;
};

/** Does the expression say this time of the wall? */
const isOnWall = (cron: string, wall: number): boolean => nextTime(cron, 'UTC', wall - 1) === wall;

/** A time that is none of the expression's stands for one that was left out before it. */
const isMoved = (clock: WallClock, cron: string, time: number, { at, byMs }: ClockChange) =>
  byMs > 0 && time >= at && time - at <= byMs && !isOnWall(cron, clock.at(time));

const skippedTicks = (
  clock: WallClock,
  cron: string,
  change: ClockChange,
  next: number,
): readonly ComingTick[] => {
  if (change.byMs < 0 || isMoved(clock, cron, next, change)) return [];
  const walls = leftOut(clock, cron, change);
  const [first] = walls;
  if (first === undefined) return [];
  const jump = jumpText(clock, change);
  const what =
    walls.length === 1
      ? 'does not exist'
      : `to ${wallTime(walls.at(-1) ?? first)}, ${walls.length} times, do not exist`;
  return [
    {
      time: null,
      local: wallText(first),
      zone: clock.timeZone,
      offset: null,
      dst: 'skipped',
      note: `${what}: the clock goes ${jump}; it does not run`,
    },
  ];
};

type Told = Pick<ComingTick, 'dst' | 'note'>;

const effectOn = (
  clock: WallClock,
  cron: string,
  time: number,
  changes: readonly ClockChange[],
): Told => {
  const change = changes.at(-1);
  if (change !== undefined && isMoved(clock, cron, time, change)) {
    const wall = wallTime(leftOut(clock, cron, change)[0] ?? 0);
    const jump = jumpText(clock, change);
    return { dst: 'moved', note: `${wall} does not exist: the clock goes ${jump}` };
  }
  const twice = twiceOf(clock, cron, time);
  if (twice !== undefined) return twice;
  if (change === undefined) return {};
  return {
    dst: 'changed',
    note: `since the tick before, the clock went ${jumpText(clock, change)}`,
  };
};

const DAY_MS = 86_400_000;

/** A time of the wall that exists twice, because the clock goes back around it. */
const twiceOf = (clock: WallClock, cron: string, time: number): Told | undefined => {
  for (const { at, byMs } of clock.changes(time - DAY_MS, time + DAY_MS)) {
    if (byMs >= 0 || time < at + byMs || time >= at - byMs) continue;
    const other = time < at ? time - byMs : time + byMs;
    const wall = wallTime(clock.at(time));
    const runsThen = nextTime(cron, clock.timeZone, other - 1) === other;
    if (!runsThen) return { dst: 'once', note: `${wall} comes twice: it runs this time only` };
    return time < at
      ? { dst: 'first', note: `${wall} comes twice: it runs both times, this is the first` }
      : { dst: 'second', note: `${wall} comes twice: it runs both times, this is the second` };
  }
  return undefined;
};

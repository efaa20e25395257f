// Each nominal time of a schedule is run, skipped or missed, once, and as its policies say.
import {
  addressKey,
  SCHEDULE_TYPE,
  tickToken,
  type ReplayedEntry,
  type RunningRun,
  type Schedule,
  type ScheduleContext,
} from '@pawl/core';
import type { Evidence } from '../evidence.ts';

/** One step of a schedule. */
export interface ScheduleStep {
  readonly schedule: Schedule;
  readonly from: ReplayedEntry;
  readonly before: ScheduleContext;
  readonly after: ScheduleContext;
}

/** Steps of all schedules of a world, each by what its code declares. */
export const scheduleStepsOf = ({ world, lives }: Evidence): readonly ScheduleStep[] =>
  (world.schedules ?? []).flatMap((schedule) => {
    const life = lives.get(addressKey({ type: SCHEDULE_TYPE, id: schedule.name }));
    return (life?.replayed ?? []).flatMap((from) => {
      const before = from.before?.snapshot.context as ScheduleContext | undefined;
      const after = from.step.state?.snapshot.context as ScheduleContext | undefined;
      const isStep = before !== undefined && after !== undefined && from.before !== from.step.state;
      return isStep ? [{ schedule, from, before, after }] : [];
    });
  });

/** Runs that began with this step and are not over with it. */
export const begunIn = ({ before, after }: ScheduleStep): readonly RunningRun[] => {
  const known = new Set(Object.values(before.running).map(({ id }) => id));
  return Object.values(after.running).filter(({ id }) => !known.has(id));
};

/** The cron expressions of worlds come every so many seconds of the minute. */
const spanOf = ({ definition: { timing } }: Schedule, anchor: number) =>
  'everyMs' in timing
    ? { start: anchor, everyMs: timing.everyMs }
    : { start: 0, everyMs: Number(/^\*\/(\d+) \* \* \* \* \*$/.exec(timing.cron)?.[1]) * 1_000 };

/** Nominal times after one time and up to another. */
const ticksOf = (schedule: Schedule, anchor: number, after: number, upTo: number): number[] => {
  const { start, everyMs } = spanOf(schedule, anchor);
  const first = Math.floor((after - start) / everyMs) + 1;
  const last = Math.floor((upTo - start) / everyMs);
  return Array.from({ length: last - first + 1 }, (_, n) => start + (first + n) * everyMs);
};

const each = (
  evidence: Evidence,
  hold: (step: ScheduleStep) => readonly string[],
): readonly string[] =>
  scheduleStepsOf(evidence).flatMap((step) =>
    hold(step).map((text) => `${step.schedule.name}@${step.from.stored.sequence}: ${text}`),
  );

/** No tick is lost and none counts twice: what came up is what was begun, skipped or missed. */
export const accountsForAllTicks = (evidence: Evidence): readonly string[] =>
  each(evidence, ({ schedule, after }) => {
    const { anchor, accountedTo, serial, counts, buffered } = after;
    const due = ticksOf(schedule, anchor, anchor, accountedTo).length + serial;
    const told = counts.started + counts.skipped + counts.missed + (buffered === null ? 0 : 1);
    return due === told ? [] : [`${due} ticks and orders came, ${told} are accounted for`];
  });

const ON_TIME_MS = 10_000;

/** Which of the times that came with one step are run, by the window for catching up. */
const dueOf = ({ schedule, before, after }: ScheduleStep): readonly number[] => {
  const { catchUp } = schedule.definition;
  const now = after.accountedTo;
  const ticks = ticksOf(schedule, after.anchor, before.accountedTo, now);
  const latest = ticks.at(-1);
  if (catchUp === 'latest') return latest === undefined ? [] : [latest];
  return ticks.filter((tick) =>
    tick === latest ? now - tick <= Math.max(catchUp, ON_TIME_MS) : now - tick <= catchUp,
  );
};

/** What went by unseen is caught up with within the window, and missed beyond it. */
export const catchesUpWithin = (evidence: Evidence): readonly string[] =>
  each(evidence, (step) => {
    const { schedule, before, after } = step;
    if (after.accountedTo <= before.accountedTo || before.anchor !== after.anchor) return [];
    const ticks = ticksOf(schedule, after.anchor, before.accountedTo, after.accountedTo);
    const isPause = before.gap === 'paused' || before.isPaused;
    const due = new Set(isPause ? [] : dueOf(step));
    const lost = isPause ? 0 : ticks.length - due.size;
    const missed = after.counts.missed - before.counts.missed;
    const isBackoff = (tick: number): boolean => tick < (before.backoffUntil ?? 0);
    const mustStart = [...due].some((tick) => !isBackoff(tick));
    const isFree = Object.keys(before.running).length === 0;
    return [
      ...(missed === lost ? [] : [`${missed} ticks are missed, and ${lost} are too old`]),
      ...begunIn(step)
        .filter(
          ({ tick, reason }) =>
            ticks.includes(tick) && /tick|catch-up/.test(reason) && !due.has(tick),
        )
        .map(({ id }) => `${id} begins ${after.accountedTo} and must not`),
      ...(isFree && mustStart && after.counts.started === before.counts.started
        ? ['nothing runs, and no run begins']
        : []),
    ];
  });

/** A run is named after its schedule and its tick, which is a nominal time, and runs once. */
export const runsEachTickOnce = (evidence: Evidence): readonly string[] => {
  const seen = new Set<string>();
  return each(evidence, (step) =>
    begunIn(step).flatMap(({ id, tick, reason, startedAt }) => {
      const { name } = step.schedule;
      const { anchor } = step.after;
      const isNominal =
        reason === 'by-hand' || ticksOf(step.schedule, anchor, tick - 1, tick).length === 1;
      const problems = [
        ...(seen.has(id) ? [`${id} begins twice`] : []),
        ...(id.startsWith(`${name}-${tickToken(tick)}`) ? [] : [`${id} is of the tick ${tick}`]),
        ...(isNominal ? [] : [`${id} is of no nominal time`]),
        ...(startedAt < tick && reason !== 'backfill' ? [`${id} begins before its time`] : []),
      ];
      seen.add(id);
      return problems;
    }),
  );
};

/** Only `allow` lets runs overlap; and none begins while another goes on. */
export const overlapsAsAllowed = (evidence: Evidence): readonly string[] =>
  each(evidence, (step) => {
    const { schedule, after, before } = step;
    if (schedule.definition.overlap === 'allow') return [];
    const running = Object.values(after.running);
    const goesOn = Object.keys(before.running).some(
      (slot) => after.running[slot]?.id === before.running[slot]?.id,
    );
    return [
      ...(running.length > 1 ? [`${running.map(({ id }) => id).join(' and ')} run at once`] : []),
      ...(goesOn && begunIn(step).length > 0 ? ['a run begins while another goes on'] : []),
    ];
  });

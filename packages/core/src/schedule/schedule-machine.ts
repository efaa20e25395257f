// The built-in machine `schedule`: ticks at its times, and begins a run for each.
import { setup, type AnyStateMachine } from 'xstate';
import { commandError } from '../command-error.ts';
import { journalTime } from '../journal-time.ts';
import type { ScheduleInput } from './definition.ts';
import { divideEvery, divideTimes, everyBetween, nextEvery, type DueTimes } from './due-times.ts';
import { SchedulePlan } from './plan.ts';
import { runMachine, type RunEnded, type RunInput } from './run-machine.ts';
import { scheduleBackfill, scheduleTimes } from './schedule-commands.ts';
import { newScheduleContext, type ScheduleContext } from './schedule-context.ts';
import { tooManyTimes } from './too-many-times.ts';
import { scheduleSchemas } from './schedule-schemas.ts';
import type { TimesInput, TimesOutput } from './coming-times.ts';

/** Coming times that are asked for at once. */
export const LIST_LENGTH = 240;

/** With fewer the next are asked for. */
const LIST_LOW = 24;

/** Times of one backfill. */
export const BACKFILL_MAX = 1000;

type ScheduleEvent =
  | ({ readonly type: 'DECLARE' } & ScheduleInput)
  | { readonly type: 'RUN' | 'PAUSE' | 'RESUME' | 'REMOVE' }
  | { readonly type: 'BACKFILL'; readonly from: number; readonly to: number }
  | RunEnded;

const everyOf = ({ definition: { timing }, anchor }: ScheduleContext) =>
  'everyMs' in timing ? { anchor, everyMs: timing.everyMs } : undefined;

const cronOf = ({ definition: { timing } }: ScheduleContext) =>
  'cron' in timing ? timing : { cron: '', timeZone: '' };

/** The first time that is not accounted for; undefined when it is not known. */
export const nextTickOf = (context: ScheduleContext): number | undefined => {
  const every = everyOf(context);
  if (every !== undefined) return nextEvery(every.anchor, every.everyMs, context.accountedTo);
  return context.coming[0];
};

/** Only then are all times up to now known: the list reaches beyond. */
const seesBeyond = (context: ScheduleContext): boolean =>
  everyOf(context) !== undefined || (context.coming.at(-1) ?? -1) > context.lookedAt;

/** Times that have come since it last accounted for them. */
const dueNow = (context: ScheduleContext): DueTimes => {
  const { accountedTo, lookedAt, coming, definition } = context;
  const every = everyOf(context);
  return every === undefined
    ? divideTimes(
        coming.filter((time) => time <= lookedAt),
        lookedAt,
        definition.catchUp,
      )
    : divideEvery(every, accountedTo, lookedAt, definition.catchUp);
};

/** What is asked for: what follows the list, or, when the list is too short, all since then. */
const timesWanted = (context: ScheduleContext): TimesInput => {
  const { accountedTo, lookedAt, coming, definition } = context;
  const known = coming.at(-1);
  const isAhead = known !== undefined && known > lookedAt;
  return {
    ...cronOf(context),
    after: isAhead ? known : accountedTo,
    now: isAhead ? known : lookedAt,
    catchUp: definition.catchUp,
    count: LIST_LENGTH,
  };
};

const schedule = setup({
  types: {
    input: {} as ScheduleInput,
    context: {} as ScheduleContext,
    events: {} as ScheduleEvent,
  },
  schemas: scheduleSchemas,
  actors: { run: runMachine, times: scheduleTimes, backfill: scheduleBackfill },
  guards: {
    seesBeyond: ({ context }) => seesBeyond(context),
    needsList: ({ context }) =>
      everyOf(context) === undefined && (context.coming.length < LIST_LOW || !seesBeyond(context)),
    isListed: ({ event }) => timesOf(event).coming.length > 0,
    isBackfillWanted: ({ context }) => context.wanted !== null,
    isOther: ({ context, event }) => event.type === 'DECLARE' && event.digest !== context.digest,
  },
  delays: {
    untilNext: ({ context, system }) => {
      const next = nextTickOf(context);
      return next === undefined ? 0 : Math.max(0, next - journalTime(system));
    },
    aMinute: 60_000,
  },
});

/** The output of a done event, which no machine declares. */
const outputOf = (event: { readonly type: string }): unknown =>
  (event as { readonly output?: unknown }).output;

const timesOf = (event: { readonly type: string }): TimesOutput => outputOf(event) as TimesOutput;

/** Carries out what a plan decides: runs are actors inside, one for each slot. */
const planned = (decide: (plan: SchedulePlan, event: ScheduleEvent) => void) =>
  schedule.enqueueActions(({ context, event, system, enqueue }) => {
    const plan = new SchedulePlan(context, journalTime(system));
    decide(plan, event);
    if (event.type === 'pawl.run-ended') enqueue.stopChild(event.slot);
    enqueue.assign(plan.context);
    for (const slot of plan.starts) {
      const id = plan.context.running[slot]?.id ?? '';
      const { name, definition } = plan.context;
      const input: RunInput = { schedule: name, id, target: definition.target };
      enqueue.spawnChild('run', { id: slot, input });
    }
    for (const slot of plan.stops) enqueue.sendTo(slot, { type: 'STOP' });
  });

/** The clock wakes up: what has come since? */
const look = schedule.assign({ lookedAt: ({ system }) => journalTime(system) });

const tick = planned((plan) => {
  const { context } = plan;
  const due = dueNow(context);
  context.coming = context.coming.filter((time) => time > context.lookedAt);
  plan.account(due, context.lookedAt);
});

/** The list goes on, or begins anew; then what has gone by unseen is accounted for. */
const takeList = planned((plan, event) => {
  const { context, now } = plan;
  const { asked, coming } = context;
  const { due, missed, coming: found } = timesOf(event);
  context.problem = null;
  context.asked = null;
  context.lookedAt = now;
  if (asked !== null && asked.after === coming.at(-1)) context.coming = [...coming, ...found];
  else if ((found.at(-1) ?? 0) > now) {
    // The answer may have taken its time: all that has come by now is divided together.
    const passed = [...due, ...found.filter((time) => time <= now)];
    const divided = divideTimes(passed, now, context.definition.catchUp);
    context.coming = found.filter((time) => time > now);
    plan.account({ due: divided.due, missed: missed + divided.missed }, now);
  } else {
    context.coming = found;
    plan.account({ due, missed }, asked?.now ?? now);
  }
});

/** Another definition; what runs goes on. Other times count from now. */
const redeclare = schedule.assign(({ context, event, system }) => {
  if (event.type !== 'DECLARE' || event.digest === context.digest) return {};
  const { definition, service, digest } = event;
  const isSame = JSON.stringify(definition.timing) === JSON.stringify(context.definition.timing);
  const now = journalTime(system);
  const anew = { anchor: now, accountedTo: now, lookedAt: now, coming: [], asked: null };
  return { definition, service, digest, problem: null, ...(!isSame && anew) };
});

const resume = planned((plan) => {
  const { context, now } = plan;
  context.coming = [];
  context.asked = null;
  context.lookedAt = now;
  plan.resume();
});

const backfill = planned((plan, event) => {
  if (event.type !== 'BACKFILL') return;
  const { from, to } = event;
  const { timing } = plan.context.definition;
  if ('cron' in timing) plan.context.wanted = { from, to };
  else backfillSpans(plan, timing.everyMs, from, to);
});

/** All of it or nothing: a part would look like all. */
const backfillSpans = (plan: SchedulePlan, everyMs: number, from: number, to: number): void => {
  const times = everyBetween({ anchor: plan.context.anchor, everyMs }, from, to, BACKFILL_MAX + 1);
  plan.context.problem = times.length > BACKFILL_MAX ? tooManyTimes(BACKFILL_MAX, from, to) : null;
  if (plan.context.problem === null) plan.backfill(times);
};

const noteProblem = schedule.assign({
  problem: ({ event }) => {
    const { code, message, retryable } = commandError(event);
    return { code, message, retryable };
  },
});

const takeBackfill = planned((plan, event) => {
  plan.context.problem = null;
  plan.backfill(outputOf(event) as readonly number[]);
});

const endRun = planned((plan, event) => {
  if (event.type === 'pawl.run-ended') plan.end(event.slot, event.end).next();
});

const runByHand = planned((plan) => plan.byHand());
const pause = planned((plan) => plan.pause());
const ask = schedule.assign({ asked: ({ context }) => timesWanted(context) });
const forgetBackfill = schedule.assign({ wanted: () => null });

const actions = {
  ...{ look, tick, ask, takeList, redeclare, runByHand, pause, resume, endRun },
  ...{ backfill, takeBackfill, forgetBackfill, noteProblem },
};

/**
 * `active` | `paused` → `removed`. While it is active, `clock` waits for the next time, `list`
 * keeps a cron expression's coming times at hand, and `backfill` looks up those of a backfill.
 */
export const scheduleMachine: AnyStateMachine = schedule.extend({ actions }).createMachine({
  id: 'schedule',
  version: '1',
  context: ({ input, self }) => newScheduleContext(self.id, input, journalTime(self.system)),
  initial: 'active',
  on: {
    RUN: { actions: 'runByHand' },
    BACKFILL: { actions: 'backfill' },
    REMOVE: '.removed',
    'pawl.run-ended': { actions: 'endRun' },
  },
  states: {
    active: {
      type: 'parallel',
      on: {
        PAUSE: { target: 'paused', actions: 'pause' },
        DECLARE: [
          { guard: 'isOther', target: 'active', reenter: true, actions: 'redeclare' },
          { actions: 'redeclare' },
        ],
      },
      states: {
        clock: {
          initial: 'deciding',
          states: {
            deciding: {
              always: [
                { guard: 'seesBeyond', target: 'waiting', actions: 'tick' },
                { target: 'blind' },
              ],
            },
            waiting: { after: { untilNext: { target: 'deciding', actions: 'look' } } },
            blind: { always: { guard: 'seesBeyond', target: 'deciding' } },
          },
        },
        list: {
          initial: 'enough',
          states: {
            enough: {
              always: { guard: 'needsList', target: 'asking', actions: 'ask' },
            },
            asking: {
              invoke: {
                id: 'times',
                src: 'times',
                input: ({ context }) => timesWanted(context),
                onDone: [
                  { guard: 'isListed', target: 'enough', actions: 'takeList' },
                  { target: 'failed' },
                ],
                onError: { target: 'failed', actions: 'noteProblem' },
              },
            },
            failed: { after: { aMinute: 'enough' } },
          },
        },
        backfill: {
          initial: 'none',
          states: {
            none: { always: { guard: 'isBackfillWanted', target: 'asking' } },
            asking: {
              invoke: {
                id: 'backfill',
                src: 'backfill',
                input: ({ context }) => ({
                  ...cronOf(context),
                  ...(context.wanted ?? { from: 0, to: 0 }),
                  max: BACKFILL_MAX,
                }),
                onDone: { target: 'none', actions: 'takeBackfill' },
                onError: { target: 'none', actions: ['noteProblem', 'forgetBackfill'] },
              },
            },
          },
        },
      },
    },
    paused: {
      on: { RESUME: { target: 'active', actions: 'resume' }, DECLARE: { actions: 'redeclare' } },
    },
    removed: { type: 'final' },
  },
});

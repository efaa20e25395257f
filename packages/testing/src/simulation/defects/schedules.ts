// Defects of schedules: overlaps, windows, ticks, and the ids of runs and of events for many.
import {
  createFold,
  SCHEDULE_TYPE,
  standardRules,
  type ActorState,
  type Fold,
  type Ports,
  type ScheduleContext,
  type ScheduleDefinition,
  type Step,
} from '@pawl/core';
import type { Defect } from './defect.ts';
import { overlay } from './overlay.ts';

const contextOf = (state: ActorState): ScheduleContext =>
  state.snapshot.context as unknown as ScheduleContext;

const withContext = (state: ActorState, context: ScheduleContext): ActorState => ({
  ...state,
  snapshot: { ...state.snapshot, context: context as unknown as Readonly<Record<string, unknown>> },
});

/** Schedules are folded as if this were defined, whatever is. */
const defining = (own: Partial<ScheduleDefinition>): Fold => {
  const fold = createFold(standardRules);
  return (machine, state, entry) => {
    if (machine.type !== SCHEDULE_TYPE || state === undefined) return fold(machine, state, entry);
    const context = contextOf(state);
    const { definition } = context;
    const defined = withContext(state, { ...context, definition: { ...definition, ...own } });
    const step = fold(machine, defined, entry);
    if (step.state === undefined) return step;
    return { ...step, state: withContext(step.state, { ...contextOf(step.state), definition }) };
  };
};

/** Now and then a tick is not accounted for, so that it comes once more. */
const tickingTwice: Fold = (machine, state, entry) => {
  const step = createFold(standardRules)(machine, state, entry);
  if (machine.type !== SCHEDULE_TYPE || state === undefined || step.state === undefined)
    return step;
  const [before, after] = [contextOf(state), contextOf(step.state)];
  const isFifth = after.counts.started > before.counts.started && after.counts.started % 5 === 0;
  if (!isFifth || after.accountedTo === before.accountedTo) return step;
  const { accountedTo } = before;
  return { ...step, state: withContext(step.state, { ...after, accountedTo }) };
};

const RUN_ID = /\b(inspect|hull|keel|patrol|lamps)-\d{8}T\d+Z(-\d+)?/g;

/** All runs of a schedule have the same id. */
const runsWithoutTicks: Fold = (machine, state, entry) => {
  const step = createFold(standardRules)(machine, state, entry);
  if (machine.type !== SCHEDULE_TYPE) return step;
  return JSON.parse(JSON.stringify(step).replaceAll(RUN_ID, '$1-run')) as Step;
};

/** Every event gets an id of its own: neither the broker nor the sender knows a repeat. */
const idsOfTheirOwn = (ports: Ports): Ports => {
  let count = 0;
  return {
    ...ports,
    journal: overlay(ports.journal, {
      append: (entry) => {
        if (entry.kindToken !== 'event' || entry.messageId === undefined)
          return ports.journal.append(entry);
        count += 1;
        return ports.journal.append({ ...entry, messageId: `${entry.messageId}~${count}` });
      },
    }),
  };
};

/** Defects of schedules. */
export const scheduleDefects: readonly Defect[] = [
  {
    name: 'overlap-ignored',
    about: 'A run begins although the one before it is not over, whatever the policy says.',
    scenario: 'harbour',
    plant: () => ({ fold: defining({ overlap: 'allow' }) }),
  },
  {
    name: 'window-ignored',
    about: 'All that went by unseen is caught up with, however old it is.',
    scenario: 'harbour',
    plant: () => ({ fold: defining({ catchUp: 86_400_000 }) }),
  },
  {
    name: 'tick-twice',
    about: 'The timer of a tick is armed again: it counts twice.',
    scenario: 'harbour',
    plant: () => ({ fold: tickingTwice }),
  },
  {
    name: 'runs-without-ticks',
    about: 'The id of a run does not come from its tick: the second run finds its id taken.',
    scenario: 'harbour',
    plant: () => ({ fold: runsWithoutTicks }),
  },
  {
    name: 'events-without-ids',
    about: 'An event for many has a new id each time: whoever is sent it again takes it twice.',
    scenario: 'harbour',
    plant: () => ({ adapt: (ports, role) => (role === 'host' ? idsOfTheirOwn(ports) : ports) }),
    faultKinds: ['lost-answer', 'crash', 'crash-at-rest', 'cut', 'broker-restart'],
  },
];

// Defects of the fold, planted one at a time: a test that cannot find them proves nothing.
import {
  createFold,
  createFoldTwice,
  standardRules,
  type ActorState,
  type Fold,
  type FoldRules,
  type PersistedSnapshot,
  type RegisteredMachine,
} from '@pawl/core';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { WalkCodec } from './codec.ts';

/** A fold that is wrong in one way, or the right fold on a machine that is run wrongly. */
export interface PlantedDefect {
  readonly name: string;
  readonly fold: Fold;
  readonly plant?: (registered: RegisteredMachine) => RegisteredMachine;
  readonly codec?: WalkCodec;
}

const withRules = (name: string, rules: Partial<FoldRules>): PlantedDefect => ({
  name,
  fold: createFoldTwice(createFold({ ...standardRules, ...rules })),
});

const rightFold = createFold(standardRules);

/** A machine and those inside it. */
export const machinesOf = (machine: AnyStateMachine): AnyStateMachine[] => [
  machine,
  ...Object.values(machine.implementations.actors as Record<string, AnyStateMachine>)
    .filter((logic) => '__xstatenode' in logic)
    .flatMap(machinesOf),
];

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(nodesOf),
];

/** Runs the machine wrongly; the registered copy is made anew for each walk. */
const onMachines = (name: string, change: (machine: AnyStateMachine) => void): PlantedDefect => ({
  name,
  fold: createFoldTwice(rightFold),
  plant: (registered) => {
    for (const machine of new Set(machinesOf(registered.runnable))) change(machine);
    return registered;
  },
});

/** Forgets part of each snapshot, of children too, when it is restored. */
const forgetting = (
  name: string,
  forget: (snapshot: PersistedSnapshot) => PersistedSnapshot,
): PlantedDefect => {
  const forgetAll = (snapshot: PersistedSnapshot): PersistedSnapshot => {
    const children = Object.entries(snapshot.children ?? {}).map(([id, child]) => {
      const { snapshot: inner, ...rest } = child as { readonly snapshot: PersistedSnapshot };
      return [id, { ...rest, snapshot: inner.value === undefined ? inner : forgetAll(inner) }];
    });
    return forget({
      ...snapshot,
      children: Object.fromEntries(children) as Readonly<Record<string, unknown>>,
    });
  };
  return withRules(name, {
    hydrate: (registered, state) =>
      standardRules.hydrate(registered, { ...state, snapshot: forgetAll(state.snapshot) }),
  });
};

const changingState = (name: string, change: (state: ActorState) => ActorState): PlantedDefect => ({
  name,
  fold: (registered, state, entry) => {
    const step = rightFold(registered, state, entry);
    return step.state === undefined ? step : { ...step, state: change(step.state) };
  },
});

/** The defects. */
export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  onMachines('exit actions in the wrong order', (machine) => {
    for (const node of nodesOf(machine.root)) node.exit.reverse();
  }),
  onMachines('children started in the wrong order', (machine) => {
    const start = machine.start.bind(machine);
    machine.start = (snapshot) => {
      const reversed = Object.entries(snapshot.children as object).reverse();
      start({ ...snapshot, children: Object.fromEntries(reversed) as never } as never);
    };
  }),
  withRules('a stale timer fires', {
    isCurrentTimer: (timer): timer is NonNullable<typeof timer> => timer !== undefined,
  }),
  withRules('a stale reply settles', { attemptOf: () => 'current' }),
  withRules('timers stay armed when their state is left', { timersOf: () => [] }),
  withRules('an ended machine leaves its timers', {
    endsWith: (key, path) => !key.includes('#') && standardRules.endsWith(key, path),
  }),
  withRules('overdue timers wait for their own entry', { overdueBefore: () => [] }),
  withRules('overdue timers fire in arming order', {
    overdueBefore: (timers, fired) =>
      Object.values(timers).filter(({ dueAt }) => dueAt < fired.dueAt),
  }),
  withRules('a delayed event reaches a later incarnation', { reachesTarget: () => true }),
  withRules('delayed events to children are lost', {
    deliver: (target, event) => {
      if (target.id === 'walker') target._send(event);
    },
  }),
  withRules('cancel disarms other timers of the machine', {
    timersOf: (timers, base) =>
      Object.keys(timers).filter((key) => key.split('#')[0] === base.split('#')[0]),
  }),
  forgetting('history is lost on reload', (snapshot) => ({ ...snapshot, historyValue: {} })),
  forgetting('the order of regions is lost on reload', ({ nodes: _nodes, ...rest }) => rest),
  forgetting('the order of children is lost on reload', (snapshot) => ({
    ...snapshot,
    children: Object.fromEntries(Object.entries(snapshot.children ?? {}).reverse()),
  })),
  forgetting('references to children are lost on reload', (snapshot) => ({
    ...snapshot,
    context: { ...snapshot.context, ref: undefined },
  })),
  changingState('incarnations are not kept', (state) => ({ ...state, incarnations: {} })),
];

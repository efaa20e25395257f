// A statechart as logic of an actor inside a durable actor: begins, takes events, is restored.
import type { AnyStateMachine } from 'xstate';
import type { MachineEvent, RunningRef, RunningSnapshot } from '../actor-ref.ts';
import { takeMarks, type MarkedPlace } from '../actor-refs.ts';
import { restoredEnd } from '../restored-end.ts';
import type { History } from './chart-move.ts';
import { ChartSnapshot } from './chart-snapshot.ts';
import { Chart } from './chart.ts';
import { InnerActor, type ActorScope } from './inner-actor.ts';
import { Macrostep } from './macrostep.ts';

/** A snapshot of a machine as it is kept. */
interface Persisted {
  readonly status: ChartSnapshot['status'];
  readonly value: unknown;
  readonly context: unknown;
  readonly historyValue?: Readonly<Record<string, readonly { readonly id: string }[]>>;
  readonly children?: Readonly<Record<string, PersistedChild>>;
  readonly nodes?: readonly string[];
  readonly output?: unknown;
  readonly error?: unknown;
}

interface PersistedChild {
  readonly snapshot: unknown;
  readonly src: string;
  readonly syncSnapshot?: boolean;
  readonly systemId?: string;
}

/** Places of references in restored contexts, until the tree of actors is complete. */
const marked = new WeakMap<object, MarkedPlace[]>();

/** Takes the places that wait for references; `system` is the one that restored them. */
export const takeMarkedPlaces = (system: object): readonly MarkedPlace[] => {
  const places = marked.get(system) ?? [];
  marked.delete(system);
  return places;
};

/** A kept context, whose marks become references when all actors are there. */
const restoredContext = (kept: unknown, { self, system }: ActorScope): unknown => {
  const { context, places } = takeMarks(kept, self);
  if (places.length > 0) marked.set(system, [...(marked.get(system) ?? []), ...places]);
  return context;
};

/** A transition function whose restored snapshot has the fields that XState's has. */
export const restorable = <Logic extends object>(logic: Logic): Logic => ({
  ...logic,
  restoreSnapshot: (kept: Omit<Persisted, 'value'>, scope: ActorScope): RunningSnapshot => ({
    status: kept.status,
    ...restoredEnd(kept),
    context: restoredContext(kept.context, scope),
  }),
});

const restoreChildren = (
  machine: AnyStateMachine,
  children: Persisted['children'] = {},
  { self, system }: ActorScope,
): Record<string, RunningRef> => {
  const restored: Record<string, RunningRef> = {};
  const actors = machine.implementations.actors as Readonly<Record<string, never>>;
  for (const id of Object.keys(children)) {
    const { src, snapshot, syncSnapshot, systemId } = children[id] as PersistedChild;
    const logic = actors[src];
    const options = { id, src, parent: self, system, snapshot, syncSnapshot, systemId };
    if (logic !== undefined) restored[id] = new InnerActor(logic, options);
  }
  return restored;
};

const restoreHistory = (chart: Chart, persisted: Persisted['historyValue'] = {}): History => {
  const history: Record<string, History[string]> = {};
  for (const id of Object.keys(persisted))
    history[id] = (persisted[id] ?? []).map((node) => chart.nodeById(node.id));
  return history;
};

/** What replaces the methods of the same names in the copy of the machine that the fold runs. */
export const chartLogic = (machine: AnyStateMachine): object => {
  let known: Chart | undefined;
  const chart = (): Chart => (known ??= new Chart(machine));
  return {
    getInitialSnapshot: (scope: ActorScope, input: unknown): ChartSnapshot => {
      const { context } = machine.config as { readonly context?: unknown };
      const fixed = typeof context === 'function' ? {} : (context ?? {});
      const first = new ChartSnapshot(machine, chart().before, fixed);
      try {
        const step = new Macrostep(chart(), first, scope, true);
        return step.begin({ type: 'xstate.init', input }, context);
      } catch (error) {
        return Object.assign(first, { status: 'error', error });
      }
    },
    transition: (snapshot: ChartSnapshot, event: MachineEvent, scope: ActorScope): ChartSnapshot =>
      new Macrostep(chart(), snapshot, scope, false).take(event),
    restoreSnapshot: (persisted: Persisted, scope: ActorScope): ChartSnapshot => {
      const { status, value, nodes } = persisted;
      const context = restoredContext(persisted.context, scope);
      const children = restoreChildren(machine, persisted.children, scope);
      const history = restoreHistory(chart(), persisted.historyValue);
      const configuration = chart().restored(value, nodes);
      const snapshot = new ChartSnapshot(machine, configuration, context, children, history);
      return Object.assign(snapshot, { status, ...restoredEnd(persisted) });
    },
  };
};

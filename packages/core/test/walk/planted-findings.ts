// Defects that the fold once had, put back one at a time: a walk must find each.
import {
  createFold,
  decodeBody,
  readEntry,
  standardRules,
  type ActorState,
  type Entry,
  type Fold,
  type RegisteredMachine,
} from '@pawl/core';
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { standardCodec, type WalkCodec } from './codec.ts';
import { machinesOf, type PlantedDefect } from './planted-defects.ts';

type Running = ReturnType<typeof standardRules.hydrate>;
type Ref = Running['root'];

const right = createFold(standardRules);

/** Does its machine know it? The root has none. */
const isChild = (ref: Ref): boolean => ref._parent?.getSnapshot()?.children?.[ref.id] === ref;

/** Changes the actors of each step after the birth. */
const onActors = (
  name: string,
  change: (actors: Running, state: ActorState) => void,
): PlantedDefect => ({
  name,
  fold: createFold({
    ...standardRules,
    hydrate: (registered, state) => {
      const actors = standardRules.hydrate(registered, state);
      change(actors, state);
      return actors;
    },
  }),
});

/** Changes them only where the state is the very object that a step returned. */
const inMemory = (
  name: string,
  change: (ref: Ref, state: ActorState, path: string) => void,
): PlantedDefect => {
  const returned = new WeakSet<ActorState>();
  const { fold } = onActors(name, ({ system }, state) => {
    if (!returned.has(state)) return;
    const visit = (ref: Ref): void => {
      change(ref, state, system.pathOf(ref));
      for (const child of Object.values(ref.getSnapshot().children ?? {}))
        if (child !== undefined) visit(child);
    };
    visit(system.running.get('') as Ref);
  });
  const noting: Fold = (...turn) => {
    const step = fold(...turn);
    if (step.state !== undefined) returned.add(step.state);
    return step;
  };
  return { name, fold: noting };
};

const withCodec = (name: string, codec: Partial<WalkCodec>): PlantedDefect => ({
  name,
  fold: right,
  codec: { ...standardCodec, ...codec },
});

/** As JSON.parse gives it, however deep. */
const asParsed: WalkCodec['readEntry'] = (stored): Entry => {
  const body = decodeBody(stored.body);
  const plain = { ...body, ...('value' in body && { value: 0 }) };
  const entry = readEntry({ ...stored, body: Buffer.from(JSON.stringify(plain)) });
  return { ...entry, body };
};

const keepingHalves: Fold = (registered, before, entry) => {
  const step = right(registered, before, entry);
  const { kept } = step.state?.snapshot.context ?? {};
  if (step.state === undefined || typeof kept !== 'string') return step;
  const context = { ...step.state.snapshot.context, kept: kept.replace('\ufffd', '\ud83d') };
  return { ...step, state: { ...step.state, snapshot: { ...step.state.snapshot, context } } };
};

/** Does what a handler in live XState did that threw: XState throws it again out of a timer. */
const throwingLater: Fold = (...turn) => {
  const step = right(...turn);
  const { outcome } = step;
  if (outcome.kind === 'faulted' && outcome.error.code === 'not-json-data')
    setTimeout(() => {
      throw new Error(outcome.error.message);
    }, 0);
  return step;
};

/** What was found, in the order in which it was. */
export const PLANTED_FINDINGS: readonly PlantedDefect[] = [
  { name: '1: an emit that is not JSON is thrown out of a timer', fold: throwingLater },
  onActors('2: a replaced child cancels timers of its successor', ({ system }) => {
    system.scheduler.cancel = (source, id) => system.step?.cancel(system.pathOf(source), id);
  }),
  onActors('3: a replaced child starts what its successor runs', ({ system }) => {
    const hasStarted = system.hasStarted.bind(system);
    system.ifRunning = (ref, then) => {
      if (system.running.get(system.pathOf(ref)) === ref) then(system.pathOf(ref));
    };
    system.hasStarted = (ref) => {
      const path = system.pathOf(ref);
      const previous = system.running.get(path);
      if (previous === undefined || !isChild(ref)) return hasStarted(ref);
      system.step?.started(path, ref, previous, previous.isStopping === true);
      return system.running.set(path, ref);
    };
  }),
  withCodec('4: a text __proto__ makes a state unreadable', {
    decodeState: (bytes) => {
      if (Buffer.from(bytes).includes('__proto__')) throw new Error('forbidden-key');
      return standardCodec.decodeState(bytes);
    },
  }),
  inMemory('5a: one object stays one object in memory', (ref) => {
    const context = ref.getSnapshot().context as { kept?: unknown; again?: unknown } | undefined;
    if (context?.kept !== undefined) context.again = context.kept;
  }),
  inMemory('5b, 5c: a running command keeps its input in memory', (ref, { pending }, path) => {
    const command = pending.commands[path];
    if (command !== undefined) Object.assign(ref.getSnapshot(), { input: command.input });
  }),
  inMemory('5d: the error of an ended child stays an Error in memory', (ref) => {
    const snapshot = ref.getSnapshot();
    const { message } = (snapshot.error ?? {}) as { readonly message?: string };
    if (message !== undefined) Object.assign(snapshot, { error: new TypeError(message) });
  }),
  { name: '5e: half of a character stays in memory', fold: keepingHalves },
  onActors('5f: an actor that its machine has lost runs on', ({ system }) => {
    system.findStray = () => undefined;
  }),
  withCodec('6: JSON of any depth is taken', { readEntry: asParsed }),
  {
    name: '7: what a transition function emits is lost',
    fold: right,
    plant: (registered: RegisteredMachine): RegisteredMachine => {
      for (const machine of new Set(machinesOf(registered.runnable))) deafen(machine);
      return registered;
    },
  },
  onActors('8: an actor that was replaced before it started is a second one', ({ system }) => {
    const hasStarted = system.hasStarted.bind(system);
    system.hasStarted = (ref) => {
      const path = system.pathOf(ref);
      const previous = system.running.get(path);
      if (previous === undefined || previous.isStopping === true || isChild(ref)) hasStarted(ref);
      else system.step?.started(path, ref, previous, false);
    };
  }),
];

function deafen(machine: AnyStateMachine): void {
  const actors = machine.implementations.actors as Record<string, AnyActorLogic>;
  const { counter } = actors;
  if (counter === undefined) return;
  actors['counter'] = {
    ...counter,
    transition: (snapshot, event, scope) =>
      counter.transition(snapshot, event, { ...scope, emit: () => undefined }) as never,
  };
}

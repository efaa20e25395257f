// Warm actors: the running form of the newest state, which moves forward with each step.
import { createActor, type Snapshot } from 'xstate';
import type { ActorState } from '../actor-state.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey } from '../names.ts';
import { asRunning, type RunningRef } from './actor-ref.ts';
import { ActorSystem, parentOf } from './actor-system.ts';
import { takeMarkedPlaces } from './runnable-machine.ts';

/** The running form of one state. */
export interface WarmActor {
  readonly registered: RegisteredMachine;
  readonly system: ActorSystem;
  /** The parent of all until the root has begun. */
  root: RunningRef;
}

/** Nothing ever starts it, so nothing that is sent to it arrives: like an ended actor. */
const endedRef = (system: ActorSystem, id: string, path: string): RunningRef => {
  const ended = {
    transition: (snapshot: Snapshot<unknown>): Snapshot<unknown> => snapshot,
    getInitialSnapshot: (): Snapshot<unknown> => ({
      status: 'stopped',
      output: undefined,
      error: undefined,
    }),
    getPersistedSnapshot: (snapshot: Snapshot<unknown>): Snapshot<unknown> => snapshot,
  };
  const ref = asRunning(createActor(ended, { id, parent: parentOf(system) }));
  system.placeAt(path, ref);
  return ref;
};

/** Puts the references back that stood in contexts. */
const reviveRefs = (system: ActorSystem): void => {
  for (const { holder, key, mark, owner } of takeMarkedPlaces(system)) {
    const child = owner.getSnapshot().children?.[mark.id];
    const found =
      mark.ended === true
        ? undefined
        : mark.path === undefined
          ? child
          : system.running.get(mark.path);
    holder[key] = found ?? endedRef(system, mark.id, mark.path ?? mark.id);
  }
};

/** Restores the running form from the persisted snapshot. */
export const hydrate = (registered: RegisteredMachine, state: ActorState): WarmActor => {
  const system = new ActorSystem();
  const actor = createActor(registered.runnable, {
    id: state.id,
    parent: parentOf(system),
    snapshot: state.snapshot as unknown as Snapshot<unknown>,
  });
  const root = asRunning(actor);
  if (state.snapshot.status === 'active') root.start();
  reviveRefs(system);
  return { registered, system, root };
};

/** A running form without actors: `begin` makes the root, within a step. */
export const createWarm = (registered: RegisteredMachine): WarmActor => {
  const system = new ActorSystem();
  return { registered, system, root: system.rootParent };
};

/** Creates and starts the root actor. The hooks of the step see all that it does. */
export const begin = (warm: WarmActor, id: string, input: unknown): void => {
  const { registered, system } = warm;
  warm.root = asRunning(createActor(registered.runnable, { id, parent: parentOf(system), input }));
  warm.root.start();
};

/** Where the running form of an actor is kept, from its first step on. */
interface WarmPlace {
  /** The state that it belongs to; undefined while a step moves it forward. */
  state: ActorState | undefined;
  warm: WarmActor | undefined;
}

/**
 * Each running form belongs to the newest state that was made with it. It takes about 10 kB, three
 * times as much as its state, and restoring one costs about as much as a step: so those of the last
 * actors are kept, and an actor that waits for long is only its state. A place is changed with each
 * step and not set anew: a Map whose entries come and go holds on to what they were.
 */
const places = new BoundedMap<string, WarmPlace>(4096);

/** So many actors that wait for no command are kept warm: their next entry may never come. */
const RESTING_MAX = 256;

/** The last actors that came to rest, each with the state in which it did. */
const resting: (Pick<WarmPlace, 'state'> & { readonly place: WarmPlace })[] = [];
let nextResting = 0;

/** Takes the running form of a state, restored when the state is not the newest one. */
export const takeWarm = (
  registered: RegisteredMachine,
  state: ActorState,
  restore: typeof hydrate = hydrate,
): WarmActor => {
  const place = places.get(addressKey(state));
  const warm = place?.state === state ? place.warm : undefined;
  if (place === undefined || warm?.registered !== registered) return restore(registered, state);
  place.state = undefined;
  place.warm = undefined;
  return warm;
};

/** Makes room for an actor at rest: the one that has rested longest is only its state from now. */
const rest = (place: WarmPlace): void => {
  const longest = resting[nextResting];
  if (longest !== undefined && longest.place.state === longest.state) {
    longest.place.state = undefined;
    longest.place.warm = undefined;
  }
  resting[nextResting] = { place, state: place.state };
  nextResting = (nextResting + 1) % RESTING_MAX;
};

const isResting = ({ pending: { commands } }: ActorState): boolean => {
  for (const _ in commands) return false;
  return true;
};

/** Hands the running form on to the state that the step made. */
export const keepWarm = (state: ActorState, warm: WarmActor): void => {
  const key = addressKey(state);
  let place = places.get(key);
  if (place === undefined) places.set(key, (place = { state, warm }));
  // A step that is done twice, for comparison: the first is the one that goes on.
  else if (place.state?.sequence !== state.sequence) {
    place.state = state;
    place.warm = warm;
  } else return;
  if (isResting(state)) rest(place);
};

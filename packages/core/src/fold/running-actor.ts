// The running form of an actor: made from its state for each step, or begun at its birth.
import type { AnyActorLogic } from 'xstate';
import type { ActorState } from '../actor-state.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import type { RunningRef } from './actor-ref.ts';
import { ActorSystem } from './actor-system.ts';
import { takeMarkedPlaces } from './chart/chart-logic.ts';
import { InnerActor } from './chart/inner-actor.ts';

/** The running form of one state. */
export interface RunningActor {
  readonly system: ActorSystem;
  /** The parent of all until the root has begun. */
  root: RunningRef;
}

/** Nothing ever starts it, so nothing that is sent to it arrives: like an ended actor. */
const endedLogic = {
  getInitialSnapshot: () => ({ status: 'stopped', output: undefined, error: undefined }),
} as unknown as AnyActorLogic;

const endedRef = (system: ActorSystem, id: string, path: string): RunningRef => {
  // A child of the machine that had it: that one may stop it again, which does nothing.
  const above = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const parent = system.running.get(above) ?? system.rootParent;
  const ref = new InnerActor(endedLogic, { id, parent, system });
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
export const hydrate = (registered: RegisteredMachine, state: ActorState): RunningActor => {
  const system = new ActorSystem();
  const { id, snapshot } = state;
  const root = new InnerActor(registered.runnable, {
    id,
    parent: system.rootParent,
    system,
    snapshot,
  });
  if (snapshot.status === 'active') root.start();
  system.forgetUnstarted();
  reviveRefs(system);
  return { system, root };
};

/** A running form without actors: `begin` makes the root, within a step. */
export const createRunning = (): RunningActor => {
  const system = new ActorSystem();
  return { system, root: system.rootParent };
};

/** Creates and starts the root actor. The hooks of the step see all that it does. */
export const begin = (
  actors: RunningActor,
  registered: RegisteredMachine,
  id: string,
  input: unknown,
): void => {
  const { system } = actors;
  const root = new InnerActor(registered.runnable, {
    id,
    parent: system.rootParent,
    system,
    input,
  });
  actors.root = root;
  root.start();
};

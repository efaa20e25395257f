// Runs one step on the running form of an actor and makes the next state from it.
import { isDeepStrictEqual } from 'node:util';
import type { ActorState, PersistedSnapshot } from '../actor-state.ts';
import type { QueueClass } from '../command.ts';
import type { PeerMark } from '../entry.ts';
import { PawlError } from '../errors.ts';
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { forgetCancelled } from './command-ledger.ts';
import { faultDataOf } from './error-data.ts';
import { Persister } from './persist.ts';
import { StepCore, type StepStart } from './step-core.ts';
import { StepRun } from './step-run.ts';
import { faulted, type LivingTurn } from './turn.ts';
import type { RunningActor } from './running-actor.ts';

/** What else a step changes in the state. */
export interface StateChanges {
  readonly peers?: Readonly<Record<string, PeerMark>>;
  /** Queue class of the operation, when the entry begins one: what it settles has its own. */
  readonly class?: QueueClass | undefined;
  readonly status?: 'active';
}

/** The actor's fields that a step begins with, for an actor that exists. */
export const startOf = (state: ActorState, hops: number, queueClass?: QueueClass): StepStart => ({
  pending: state.pending,
  incarnations: state.incarnations,
  parent: state.parent,
  class: queueClass,
  hops,
});

/** Runs `act`; returns the failure of the step, if it has one. */
export const runActors = (
  core: StepCore,
  act: () => void,
): { readonly error: unknown } | undefined => {
  const { actors } = core;
  const { system } = actors;
  system.step = new StepRun(core);
  try {
    act();
    const { status, error } = actors.root.getSnapshot(); // A birth has made the root only now.
    if (core.failure === undefined && status === 'error') core.failure = { error };
    const stray = system.findStray();
    if (stray !== undefined) core.fail(strayError(core, system.pathOf(stray)));
    if (core.failure === undefined) reportEnd(core);
  } catch (error) {
    core.failure ??= { error };
  } finally {
    system.step = undefined;
  }
  return core.failure;
};

const strayError = ({ address }: StepCore, path: string): PawlError =>
  new PawlError(
    'step-failed',
    `The actor ${path} runs in ${addressKey(address)} and is no child of its machine any more, so no ` +
      'snapshot can hold it. Stop an actor before another gets its id, and call stopChild() with ' +
      'that id and not with a reference to an earlier one.',
  );

/** The end of a durable child is an event of its parent. */
const reportEnd = (core: StepCore): void => {
  const { parent } = core.start;
  const { status, output } = core.actors.root.getSnapshot();
  if (status !== 'done' || parent === undefined) return;
  const { path, generation } = parent;
  core.peer(parent, {
    type: 'pawl.child-done',
    path,
    generation,
    ...(output !== undefined && { output }),
  });
};

/** The fields that follow from the running form. Throws `payload-too-large` as its `Persister`. */
export const settledFields = (
  core: StepCore,
): Pick<ActorState, 'status' | 'snapshot' | 'tags' | 'pending' | 'incarnations'> => {
  const { root, system } = core.actors;
  const persister = new Persister(system, core.address, core.turn.registered);
  const snapshot = persister.persist(root);
  forgetCancelled(core);
  return {
    status: snapshot.status === 'done' ? 'done' : 'active',
    snapshot,
    tags: [...(root.getSnapshot().tags ?? [])],
    pending: core.pending.result(),
    incarnations: core.incarnations.current,
  };
};

const isSameValue = (one: PersistedSnapshot, other: PersistedSnapshot): boolean =>
  one.value === other.value || isDeepStrictEqual(one.value, other.value);

/** Did settling fail because the actor would be larger than it may? */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof PawlError && error.code === 'payload-too-large';

/**
 * One step of an actor that exists. `act` says whether it did something (undefined: yes) or returns
 * the step that stands instead, when it found that nothing is to be done. `onTooLarge` gives the
 * step that stands instead when the actor would grow beyond its limit; without it that is a fault.
 */
export const execute = (
  turn: LivingTurn,
  hops: number,
  changes: StateChanges,
  act: (core: StepCore, actors: RunningActor) => Step | undefined,
  onTooLarge?: (error: unknown) => Step,
): Step => {
  const { state, registered, rules } = turn;
  let actors: RunningActor;
  try {
    actors = rules.hydrate(registered, state);
  } catch (error) {
    return faulted(turn, faultDataOf(error));
  }
  const core = new StepCore(turn, actors, startOf(state, hops, changes.class));
  let instead: Step | undefined;
  const failure = runActors(core, () => {
    instead = act(core, actors);
  });
  if (failure !== undefined) return faulted(turn, faultDataOf(failure.error));
  if (instead !== undefined) return instead;
  try {
    const settled = settledFields(core);
    const { sequence, time: entryTime } = turn.entry;
    const next: ActorState = {
      ...state,
      ...settled,
      sequence,
      entryTime,
      time: turn.time,
      since: isSameValue(state.snapshot, settled.snapshot) ? state.since : turn.time,
      ...(changes.peers !== undefined && { peers: changes.peers }),
    };
    return { state: next, effects: core.effects, outcome: { kind: 'applied' } };
  } catch (error) {
    if (onTooLarge !== undefined && isTooLarge(error)) return onTooLarge(error);
    return faulted(turn, faultDataOf(error));
  }
};

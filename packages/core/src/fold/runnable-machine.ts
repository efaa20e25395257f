// The machine that the fold runs: the user's, with commands and remote actors as logic of ours.
import type { AnyActorLogic, AnyActorScope, AnyStateMachine, Snapshot } from 'xstate';
import { jobContractOf, jobInputOf } from '../machine/job-contract.ts';
import { kindOfLogic } from '../machine/logic.ts';
import { asRunning, type RunningNode, type RunningSnapshot } from './actor-ref.ts';
import { takeMarks, type MarkedPlace } from './actor-refs.ts';
import { commandLogic, permitLogic, remoteLogic } from './task-logic.ts';

/** More microsteps in one macrostep are a runaway `always`. */
const ITERATIONS_MAX = 1000;

/** Marks of restored contexts, until the tree of actors is complete. */
const marked = new WeakMap<object, MarkedPlace[]>();

/** Takes the places that wait for references; `system` is the one that restored them. */
export const takeMarkedPlaces = (system: object): readonly MarkedPlace[] => {
  const places = marked.get(system) ?? [];
  marked.delete(system);
  return places;
};

const runnableLogic = (
  logic: unknown,
  copies: Map<AnyStateMachine, AnyStateMachine>,
): AnyActorLogic | undefined => {
  const found = kindOfLogic(logic);
  switch (found.kind) {
    case 'command': {
      const { contract, queueOverride } = found.command;
      const folded = queueOverride === undefined ? contract : { ...contract, queueOverride };
      return commandLogic(
        () => folded,
        (input) => input,
        false,
      );
    }
    case 'job':
      return commandLogic(jobContractOf, jobInputOf, true);
    case 'remote':
      return remoteLogic(found.remote.remoteType);
    case 'any-remote':
      return remoteLogic(undefined);
    case 'permit':
      return permitLogic(found.permit);
    case 'machine':
      return copyMachine(found.machine, copies);
    case 'transition':
      return found.logic;
    case 'foreign':
      return undefined;
  }
};

/**
 * Nodes in the order in which the state was left (`PersistedSnapshot.nodes`): regions act in it,
 * and
 * tags are listed in it.
 */
const sortNodes = (restored: RunningSnapshot, order: readonly string[] | undefined): void => {
  const { _nodes: nodes = [] } = restored;
  const rank = order && new Map(order.map((id, index) => [id, index]));
  const rankOf = (node: RunningNode): number => rank?.get(node.id) ?? node.order;
  nodes.sort((one, other) => rankOf(one) - rankOf(other));
  restored.tags = new Set(nodes.flatMap(({ tags }) => tags));
};

const copyMachine = (
  machine: AnyStateMachine,
  copies: Map<AnyStateMachine, AnyStateMachine>,
): AnyStateMachine => {
  const known = copies.get(machine);
  if (known !== undefined) return known;
  const copy: AnyStateMachine = machine.provide({});
  copies.set(machine, copy); // First: a machine may spawn itself.
  const { maxIterations } = copy.options;
  if (!Number.isFinite(maxIterations))
    copy.options = { ...copy.options, maxIterations: ITERATIONS_MAX };
  const actors: Record<string, AnyActorLogic> = {};
  for (const [name, logic] of Object.entries(machine.implementations.actors)) {
    const runnable = runnableLogic(logic, copies);
    if (runnable !== undefined) actors[name] = runnable;
  }
  copy.implementations.actors = actors;
  const restore = copy.restoreSnapshot.bind(copy);
  copy.restoreSnapshot = (persisted: Snapshot<unknown>, scope: AnyActorScope) => {
    const { context: stored, nodes } = persisted as { context?: unknown; nodes?: string[] };
    const { context, places } = takeMarks(stored, asRunning(scope.self));
    const { system } = scope;
    if (places.length > 0) marked.set(system, [...(marked.get(system) ?? []), ...places]);
    const restored = restore({ ...persisted, context } as unknown as Snapshot<unknown>, scope);
    sortNodes(restored, nodes);
    return restored;
  };
  return copy;
};

/** A copy of the machine for the fold. The user's machine stays as it is. */
export const createRunnable = (machine: AnyStateMachine): AnyStateMachine =>
  copyMachine(machine, new Map());

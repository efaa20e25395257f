// The machine that the fold runs: the user's, with commands and remote actors as logic of ours.
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { jobContractOf, jobInputOf } from '../machine/job-contract.ts';
import { kindOfLogic } from '../machine/logic.ts';
import { chartLogic, restorable } from './chart/chart-logic.ts';
import { commandLogic, permitLogic, remoteLogic } from './task-logic.ts';

/** More microsteps in one macrostep are a runaway `always`. */
const ITERATIONS_MAX = 1000;

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
      return restorable(found.logic);
    case 'foreign':
      return undefined;
  }
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
  Object.assign(copy, chartLogic(copy));
  return copy;
};

/** A copy of the machine for the fold. The user's machine stays as it is. */
export const createRunnable = (machine: AnyStateMachine): AnyStateMachine =>
  copyMachine(machine, new Map());

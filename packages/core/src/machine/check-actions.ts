// The registration check of actions, guards and delays: each must be pure and known by name.
import type { AnyStateMachine } from 'xstate';
import { isActorId } from '../names.ts';
import { isPermit } from '../permit.ts';
import { checkLogicName } from './check-actors.ts';
import type { Findings } from './problem.ts';

/** A built-in action or guard of XState: a function that carries its own options. */
type Builtin = ((...args: never[]) => unknown) & Readonly<Record<string, unknown>>;

const isBuiltinAction = (action: unknown): action is Builtin =>
  typeof action === 'function' && 'resolve' in action;

const nameOf = (named: unknown): string | undefined => {
  if (typeof named === 'string') return named;
  if (typeof named !== 'object' || named === null || !('type' in named)) return undefined;
  return typeof named.type === 'string' ? named.type : undefined;
};

const NO_SIDE_EFFECTS =
  'is a side effect, and a fold is repeated. Use emit() for what others should hear of, and a command ' +
  'for what should be done';

/** Checks one action of a state or transition. */
export const checkAction = (
  machine: AnyStateMachine,
  action: unknown,
  where: string,
  findings: Findings,
): void => {
  if (isBuiltinAction(action)) return checkBuiltin(machine, action, where, findings);
  if (typeof action === 'function')
    return findings.problem(
      where,
      `The action ${action.name === '' ? '(inline)' : action.name} ${NO_SIDE_EFFECTS}.`,
      'side-effect',
    );
  const name = nameOf(action);
  const known = name === undefined ? undefined : machine.implementations.actions[name];
  if (known === undefined)
    return findings.problem(
      where,
      `The action ${JSON.stringify(name ?? action)} is not in setup({ actions }).`,
    );
  if (isBuiltinAction(known)) return checkBuiltin(machine, known, `${where} (${name})`, findings);
  return findings.problem(where, `The action ${name} ${NO_SIDE_EFFECTS}.`, 'side-effect');
};

const checkBuiltin = (
  machine: AnyStateMachine,
  action: Builtin,
  where: string,
  findings: Findings,
): void => {
  const { type, delay, id, src } = action;
  // What `after` arms is checked where it stands.
  const isAfter = typeof id === 'string' && id.startsWith('xstate.after.');
  if (typeof delay === 'string' && !isAfter) checkDelay(machine, delay, where, findings);
  if (type !== 'xstate.spawnChild') return;
  if (id === undefined)
    findings.problem(
      where,
      'spawnChild() needs an id: give it { id } so that replays agree on it.',
    );
  else if (typeof id === 'string' && !isActorId(id))
    findings.problem(where, `The id ${JSON.stringify(id)} must be of A-Z, a-z, 0-9, _ and -.`);
  checkLogicName(machine, src, where, findings);
  if (typeof src === 'string' && isPermit(machine.implementations.actors[src]))
    findings.problem(where, 'A permit is held while a state is active: invoke it there.');
};

/** Checks a named delay. */
export const checkDelay = (
  machine: AnyStateMachine,
  delay: string,
  where: string,
  findings: Findings,
): void => {
  if (!Object.hasOwn(machine.implementations.delays, delay))
    findings.problem(
      where,
      `The delay ${JSON.stringify(delay)} is neither milliseconds nor in setup({ delays }).`,
    );
};

/** Checks a guard and the guards inside `and`, `or` and `not`. */
export const checkGuard = (
  machine: AnyStateMachine,
  guard: unknown,
  where: string,
  findings: Findings,
): void => {
  if (guard === undefined) return;
  if (typeof guard === 'function') {
    const inner = 'guards' in guard && Array.isArray(guard.guards) ? guard.guards : [];
    for (const one of inner as readonly unknown[]) checkGuard(machine, one, where, findings);
    return;
  }
  const name = nameOf(guard);
  if (name === undefined || machine.implementations.guards[name] === undefined)
    findings.problem(
      where,
      `The guard ${JSON.stringify(name ?? guard)} is not in setup({ guards }).`,
    );
};

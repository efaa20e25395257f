// registerMachine(): the check that stands between a statechart and the journal.
import type { AnyStateMachine } from 'xstate';
import type { Command } from '../command.ts';
import { PawlError } from '../errors.ts';
import { createRunnable } from '../fold/runnable-machine.ts';
import { isActorType } from '../names.ts';
import type { MachineSchemas } from '../schemas-of.ts';
import { builtInMachines } from './built-in-machines.ts';
import { checkMachine, eventNamesOf } from './check-states.ts';
import { contextMaxOf } from './context-max.ts';
import { describe, digestOf, functionMark, functionText } from './digest.ts';
import { kindOfLogic } from './logic.ts';
import { Findings } from './problem.ts';
import type { RegisteredMachine } from './registered-machine.ts';

/** Options of `registerMachine`. */
export interface RegisterOptions {
  /**
   * For development: the digest covers the text of functions, and the version is derived from it.
   */
  readonly allowInlineText?: boolean;
}

/** Commands of a machine and of those inside it; the outer one's name goes first. */
const commandsOf = (
  machine: AnyStateMachine,
  found: Map<string, Command> = new Map(),
  seen: Set<AnyStateMachine> = new Set(),
): Map<string, Command> => {
  if (seen.has(machine)) return found;
  seen.add(machine);
  for (const [name, logic] of Object.entries(machine.implementations.actors)) {
    const kind = kindOfLogic(logic);
    if (kind.kind === 'command' && !found.has(name)) found.set(name, kind.command);
    if (kind.kind === 'machine') commandsOf(kind.machine, found, seen);
  }
  return found;
};

/** A built-in type belongs to its own machines alone. */
const checkNotReserved = (type: string, machine: AnyStateMachine): void => {
  if (!Object.hasOwn(builtInMachines, type) || builtInMachines[type]?.includes(machine)) return;
  const reserved = Object.keys(builtInMachines);
  throw new PawlError(
    'reserved-type',
    `The actor type ${type} is built in, as are all of ${reserved.join(', ')}: every host has them. ` +
      `Give this machine another type, such as my-${type}.`,
    { details: { type, reserved } },
  );
};

const refuse = (type: string, { problems }: Findings): never => {
  const lines = problems.map(({ where, message }) => `  ${where}: ${message}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new PawlError(
    'machine-invalid',
    `The machine of type ${JSON.stringify(type)} has ${count}:\n${lines.join('\n')}`,
    { details: { problems } },
  );
};

/**
 * Checks a machine and prepares it for the fold. Throws `machine-invalid` with all problems at
 * once, each with its place and the way out, and `reserved-type` for the name of a built-in type.
 * The machine itself stays as it is.
 */
export const registerMachine = (
  type: string,
  machine: AnyStateMachine,
  options: RegisterOptions = {},
): RegisteredMachine => {
  checkNotReserved(type, machine);
  const isDevelopment = options.allowInlineText === true;
  const findings = new Findings();
  if (!isActorType(type))
    findings.problem(`type ${JSON.stringify(type)}`, 'It must be [a-z][a-z0-9-]*.', 'invalid-type');
  const declared: unknown = machine.version;
  if (!isDevelopment && (typeof declared !== 'string' || declared === ''))
    findings.problem(machine.id, "It needs a version: add version: '1' to createMachine().");
  checkMachine(machine, findings);
  if (findings.problems.length > 0) refuse(type, findings);
  const write = isDevelopment ? functionText : functionMark;
  const digest = digestOf(machine, write);
  const { events, signals } = eventNamesOf(machine);
  return {
    type,
    version: isDevelopment ? `dev-${digest.slice(0, 8)}` : String(declared),
    digest,
    machine,
    runnable: createRunnable(machine),
    eventTypes: events,
    signalTypes: signals,
    schemas: machine.schemas as MachineSchemas | undefined,
    contextMax: contextMaxOf(machine),
    commands: commandsOf(machine),
    definition: describe(machine.config, functionMark),
    warnings: findings.warnings,
  };
};

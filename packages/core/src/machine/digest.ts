// The digest of a machine: its JSON and its contracts, the same in every process.
import { createHash } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import { jsonSchemaOf, type Schema } from '../schema.ts';
import type { MachineSchemas } from '../schemas-of.ts';
import { kindOfLogic } from './logic.ts';

/** How functions are written: `text` for `pawl dev`, else only that there is one. */
export type FunctionWriter = (written: (...args: never[]) => unknown) => unknown;

/** Function text changes with each edit. */
export const functionText: FunctionWriter = (written) => ({ function: written.toString() });

/** Function names depend on the build, so they say nothing either. */
export const functionMark: FunctionWriter = () => ({ function: true });

/** Anything of a machine's config as JSON; key order is kept, states have an order. */
export const describe = (value: unknown, write: FunctionWriter): unknown => {
  if (typeof value === 'function') {
    const own = Object.entries(value).filter(
      ([, item]) => typeof item !== 'function' || item !== value,
    );
    const fields = own.filter(([key]) => !BUILTIN_HOOKS.has(key));
    const isBuiltin = 'resolve' in value || 'check' in value;
    return isBuiltin
      ? {
          builtin: value.name,
          ...Object.fromEntries(fields.map(([key, item]) => [key, describe(item, write)])),
        }
      : write(value as (...args: never[]) => unknown);
  }
  if (Array.isArray(value)) return value.map((item) => describe(item, write));
  if (typeof value !== 'object' || value === null) return value;
  if (kindOfLogic(value).kind !== 'foreign') return { actor: true };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => key !== 'schemas' && key !== 'types' && item !== undefined)
      .map(([key, item]) => [key, describe(item, write)]),
  );
};

const BUILTIN_HOOKS: ReadonlySet<string> = new Set(['resolve', 'execute', 'retryResolve', 'check']);

const schemaJson = (schema: Schema | undefined): unknown =>
  schema === undefined ? null : (jsonSchemaOf(schema) ?? true);

const describeActor = (logic: unknown, write: FunctionWriter, seen: Set<unknown>): unknown => {
  const found = kindOfLogic(logic);
  switch (found.kind) {
    case 'command': {
      const { input, output, ...rest } = found.command.contract;
      const { queueOverride } = found.command;
      return { ...rest, queueOverride, input: schemaJson(input), output: schemaJson(output) };
    }
    case 'remote':
      return { remote: found.remote.remoteType };
    case 'permit': {
      const { scope, max } = found.permit.permit;
      return { permit: describe(scope, write), max: describe(max, write) };
    }
    case 'machine':
      return describeWhole(found.machine, write, seen);
    case 'transition':
      return { transition: describe(found.logic.config, write) };
    case 'job':
    case 'any-remote':
    case 'foreign':
      return { kind: found.kind };
  }
};

const byName = (named: object): [string, unknown][] =>
  Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1));

const describeWhole = (
  machine: AnyStateMachine,
  write: FunctionWriter,
  seen: Set<unknown>,
): unknown => {
  if (seen.has(machine)) return { recursive: machine.id };
  seen.add(machine);
  const { actions, guards, delays, actors } = machine.implementations;
  const all = (named: object): unknown =>
    byName(named).map(([name, item]) => [name, describe(item, write)]);
  const schemas = machine.schemas as MachineSchemas | undefined;
  return {
    config: describe(machine.config, write),
    actions: all(actions),
    guards: all(guards),
    delays: all(delays),
    actors: byName(actors).map(([name, logic]) => [name, describeActor(logic, write, seen)]),
    ...(schemas !== undefined && {
      input: schemaJson(schemas.input),
      events: byName(schemas.events).map(([name, schema]) => [name, schemaJson(schema as Schema)]),
    }),
  };
};

/** 16 hex digits of SHA-256 over the machine's description. */
export const digestOf = (machine: AnyStateMachine, write: FunctionWriter): string =>
  createHash('sha256')
    .update(JSON.stringify(describeWhole(machine, write, new Set())))
    .digest('hex')
    .slice(0, 16);

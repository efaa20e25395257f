// Checks events and inputs before they are inserted, so that a wrong one fails the transaction.
import { PawlError, validate } from '@pawl/core';
import type { EventBody, MachineSchemas, Registry } from '@pawl/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { AnyStateMachine } from 'xstate';
import { createRecordFinder } from './machine-records.ts';

/** Throws what is wrong; resolves when nothing is, or when nobody can tell. */
export interface EventCheck {
  event(type: string, event: EventBody): Promise<void>;
  input(type: string, input: unknown): Promise<void>;
}

/** Compiles each JSON Schema once. */
const createCompiler = (): ((schema: object) => ValidateFunction) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const compiled = new Map<string, ValidateFunction>();
  return (schema) => {
    const key = JSON.stringify(schema);
    let validator = compiled.get(key);
    if (validator === undefined) compiled.set(key, (validator = ajv.compile(schema)));
    return validator;
  };
};

const isSchema = (schema: unknown): schema is object =>
  typeof schema === 'object' && schema !== null;

/** Does a descriptor of a machine (`A`, `a.*`, `*`) cover this event type? */
const covers = (descriptor: string, type: string): boolean => {
  if (descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return descriptor === type;
  const stem = descriptor.slice(0, -2);
  return type === stem || type.startsWith(`${stem}.`);
};

const unknownEvent = (type: string, event: string, known: readonly string[]): PawlError =>
  new PawlError(
    'unknown-event',
    `${type} has no event ${JSON.stringify(event)}. It has: ${known.join(', ') || 'none'}.`,
  );

const schemasOfMachine = ({ schemas }: AnyStateMachine): MachineSchemas | undefined =>
  isSchema(schemas) && 'events' in schemas ? (schemas as unknown as MachineSchemas) : undefined;

const checkByMachine = (machine: AnyStateMachine, { type, ...fields }: EventBody): void => {
  const events = schemasOfMachine(machine)?.events;
  const schema = events !== undefined && Object.hasOwn(events, type) ? events[type] : undefined;
  const descriptors: readonly string[] = machine.events;
  if (schema !== undefined) validate(schema, fields, 'invalid-event', `The event ${type}`);
  else if (!descriptors.some((descriptor) => covers(descriptor, type)))
    throw unknownEvent(machine.id, type, descriptors);
};

/** A check by the machines at hand first, by the registry for all other types. */
export const createEventCheck = (
  machines: readonly AnyStateMachine[],
  registry: Pick<Registry, 'machines'> | undefined,
): EventCheck => {
  const byType = new Map(machines.map((machine) => [machine.id, machine]));
  const find = createRecordFinder(registry);
  const compile = createCompiler();
  const faultsOf = (schema: unknown, value: unknown): string | undefined => {
    if (!isSchema(schema)) return undefined;
    const validator = compile(schema);
    if (validator(value)) return undefined;
    return (validator.errors ?? [])
      .map(({ instancePath, message = '' }) => `${instancePath.slice(1)} ${message}`.trim())
      .join('; ');
  };

  return {
    event: async (type, event) => {
      const machine = byType.get(type);
      if (machine !== undefined) return checkByMachine(machine, event);
      const records = await find(type);
      if (records === undefined) return;
      // An actor keeps the version that it was born with, so any version's word is good enough.
      const taking = records.filter(({ events }) =>
        Object.keys(events).some((descriptor) => covers(descriptor, event.type)),
      );
      if (taking.length === 0)
        throw unknownEvent(type, event.type, Object.keys(records.at(-1)?.events ?? {}));
      const { type: name, ...fields } = event;
      const faults = taking.map(({ events }) => faultsOf(events[name], fields));
      if (faults.every((fault) => fault !== undefined))
        throw new PawlError(
          'invalid-event',
          `The event ${name} does not match its schema: ${faults.at(-1)}.`,
        );
    },
    input: async (type, input) => {
      const machine = byType.get(type);
      if (machine !== undefined) {
        const schema = schemasOfMachine(machine)?.input;
        if (schema !== undefined) validate(schema, input, 'invalid-input', `The input of ${type}`);
        return;
      }
      const newest = (await find(type))?.at(-1);
      const fault = newest && faultsOf(newest.inputSchema, input);
      if (fault !== undefined)
        throw new PawlError('invalid-input', `The input of ${type}: ${fault}.`);
    },
  };
};

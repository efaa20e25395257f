// Checks what a caller sends against the machine at hand, before it costs a round trip.
import { checkJsonData, PawlError, validate } from '@pawl/core';
import type { EventBody, MachineSchemas, Schema } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The schemas that `schemasOf` put into the machine, if it was made so. */
const schemasOfMachine = ({ schemas }: AnyStateMachine): MachineSchemas | undefined =>
  isObject(schemas) && isObject(schemas['events'])
    ? (schemas as unknown as MachineSchemas)
    : undefined;

/** Does a descriptor of the machine (`A`, `a.*`, `*`) cover this event type? */
const covers = (descriptor: string, type: string): boolean => {
  if (descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return descriptor === type;
  const stem = descriptor.slice(0, -2);
  return type === stem || type.startsWith(`${stem}.`);
};

/** Throws `invalid-event`, `unknown-event` or `not-json-data`. */
export const checkEvent = (machine: AnyStateMachine | undefined, event: EventBody): void => {
  if (typeof event?.type !== 'string' || event.type === '')
    throw new PawlError('invalid-event', 'An event is an object with a type.');
  checkJsonData(event, `The event ${event.type}`);
  if (machine === undefined) return;
  const events = schemasOfMachine(machine)?.events;
  const schema =
    events !== undefined && Object.hasOwn(events, event.type) ? events[event.type] : undefined;
  const descriptors: readonly string[] = machine.events;
  if (schema === undefined && !descriptors.some((descriptor) => covers(descriptor, event.type)))
    throw new PawlError(
      'unknown-event',
      `${machine.id} has no event ${event.type}. It has: ${descriptors.join(', ')}.`,
    );
  if (schema === undefined) return;
  const { type, ...fields } = event;
  validate(schema, fields, 'invalid-event', `The event ${type}`);
};

/** Throws `invalid-input` or `not-json-data`. What is sent is the input as given. */
export const checkInput = (machine: AnyStateMachine | undefined, input: unknown): void => {
  if (input !== undefined) checkJsonData(input, 'The input');
  const schema: Schema | undefined =
    machine === undefined ? undefined : schemasOfMachine(machine)?.input;
  if (schema === undefined || machine === undefined) return;
  validate(schema, input, 'invalid-input', `The input of ${machine.id}`);
};

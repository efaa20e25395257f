// Errors with the names that would have worked: types, events, tasks.
import { EventRefusedError } from '@pawl/client';
import { PawlError, type Ports } from '@pawl/core';
import { checkTopology, type Connection } from '@pawl/jetstream';
import { nearest, suggest } from './suggestion.ts';

const withHint = (error: PawlError, hint: string): PawlError =>
  new PawlError(error.code, `${error.message.trimEnd()} ${hint}`, {
    details: error.details,
    cause: error,
  });

/** `unknown-type` for a type that no host has registered, with what there is. */
export const unknownType = async (type: string, ports: Ports): Promise<PawlError> => {
  const types = [...new Set((await ports.registry.machines()).map((machine) => machine.type))];
  return new PawlError(
    'unknown-type',
    `No host has registered the type ${type}. ${suggest('types', type, types)}`,
    { details: { type, types } },
  );
};

/** Throws `unknown-type` unless some machine of the type is registered. */
export const checkType = async (type: string, ports: Ports): Promise<void> => {
  if ((await ports.registry.machines(type)).length === 0) throw await unknownType(type, ports);
};

/** What the broker says about streams that are not there. */
const WITHOUT_STREAMS: readonly string[] = ['jetstream-off', 'broker-refused'];

/** Says that nothing has been provisioned, when that is why the broker refused. */
const explainedBroker = async (error: PawlError, broker: Broker): Promise<PawlError> => {
  const { connection, prefix } = broker;
  const { missing } = await checkTopology(connection, prefix === undefined ? {} : { prefix });
  if (missing.length === 0) return error;
  const where = prefix === undefined ? '' : ` (prefix ${prefix})`;
  return new PawlError(
    'topology-mismatch',
    `The broker has no ${missing.join(', ')}${where}. ` +
      'The first host creates them (`pawl dev <file>`), and so does `pawl provision`.',
    { details: { missing }, cause: error },
  );
};

/** Which broker, and which streams on it. */
export interface Broker {
  readonly connection: Connection;
  readonly prefix?: string;
}

/** The same error with the way out: events that the state takes, streams that are missing. */
export const explained = async (error: unknown, broker: Broker): Promise<unknown> => {
  if (error instanceof PawlError && WITHOUT_STREAMS.includes(error.code))
    return explainedBroker(error, broker);
  if (!(error instanceof EventRefusedError)) return error;
  const missing = error.accepts.filter((each) => !error.message.includes(each));
  if (missing.length === 0) return error;
  return withHint(error, `The state takes: ${error.accepts.join(', ')}.`);
};

/** The same error; for an event that the machine does not have, with the one that is meant. */
export const explainedEvent = async (
  error: unknown,
  event: string,
  type: string,
  ports: Ports,
): Promise<unknown> => {
  if (!(error instanceof PawlError) || error.code !== 'unknown-event') return error;
  const machines = await ports.registry.machines(type);
  const near = nearest(event, Object.keys(machines.at(-1)?.events ?? {}));
  return near === undefined || near === event ? error : withHint(error, `Did you mean ${near}?`);
};

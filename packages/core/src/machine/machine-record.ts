// A registered machine as the registry keeps it.
import type { CommandContract } from '../command.ts';
import type { MachineRecord, TaskRecord } from '../ports/registry.ts';
import { jsonSchemaOf, type Schema } from '../schema.ts';
import type { RegisteredMachine } from './registered-machine.ts';

const optionalSchema = (schema: Schema | undefined): Record<string, unknown> | undefined =>
  schema === undefined ? undefined : jsonSchemaOf(schema);

/** A contract as the registry keeps it. */
export const taskRecordOf = ({ contract }: { readonly contract: CommandContract }): TaskRecord => {
  const { service, name, queue, encoding, job } = contract;
  const inputSchema = jsonSchemaOf(contract.input);
  const outputSchema = jsonSchemaOf(contract.output);
  return {
    service,
    name,
    ...(queue !== undefined && { class: queue }),
    ...(inputSchema !== undefined && { inputSchema }),
    ...(outputSchema !== undefined && { outputSchema }),
    encoding,
    job,
  };
};

/** The record of a machine that `service` owns. */
export const machineRecordOf = (registered: RegisteredMachine, service: string): MachineRecord => {
  const { type, version, digest, definition, schemas, eventTypes, commands } = registered;
  const inputSchema = optionalSchema(schemas?.input);
  return {
    type,
    version,
    service,
    digest,
    definition,
    ...(inputSchema !== undefined && { inputSchema }),
    events: Object.fromEntries(
      [...eventTypes].map((event) => [event, optionalSchema(schemas?.events[event]) ?? true]),
    ),
    commands: [...commands.values()].map(taskRecordOf),
  };
};

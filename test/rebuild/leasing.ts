// An installation of leases: hosts, workers and clients on one server, and who listens to emitted
// events.
import {
  connect,
  openClient,
  portsOf,
  startHost,
  startWorker,
  type Client,
  type Connection,
  type Task,
} from 'pawl';
import type { NatsServer } from '@pawl/nats-server';
import { leaseMachine } from './lease.ts';

const LEASES_AT_ONCE = 50;

/** A running installation. */
export interface Leasing {
  readonly connection: Connection;
  readonly client: Client;
  /** Warnings and errors. */
  readonly complaints: readonly string[];
  /** Each publish of an integration event, by its id, as it passed on the wire. */
  readonly emitted: readonly string[];
  startHosts(): Promise<void>;
  startWorkers(tasks: readonly Task[]): Promise<void>;
  /** Stops hosts and workers; what they have not done is left. */
  stopRoles(): Promise<void>;
  close(): Promise<void>;
}

/** Opens it, without hosts and workers. */
export const openLeasing = async (
  { url: servers }: NatsServer,
  topology: { readonly partitions: number } | false,
): Promise<Leasing> => {
  const connection = await connect({ servers, name: 'client' });
  const { bus } = portsOf({ connection });
  const emitted: string[] = [];
  const complaints: string[] = [];
  bus.subscribe('pawl.emitted.>', ({ headers }) => emitted.push(headers['ce-id'] ?? ''));
  await bus.flush();
  const roles: { readonly stop: () => Promise<void>; readonly connection: Connection }[] = [];
  const open = async (name: string): Promise<Connection> => connect({ servers, name });
  const log = (level: string, message: string, fields: object = {}): void => {
    if (level === 'warn' || level === 'error')
      complaints.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const client = openClient({ connection, timeoutMs: 30_000 });
  const stopRoles = async (): Promise<void> => {
    for (const role of roles.splice(0)) {
      await role.stop();
      await role.connection.close();
    }
  };
  return {
    connection,
    client,
    complaints,
    emitted,
    startHosts: async () => {
      for (const name of ['host-a', 'host-b']) {
        const own = await open(name);
        const machines = { lease: leaseMachine };
        const options = { connection: own, service: 'leasing', name, machines, log, topology };
        const host = await startHost({ ...options, builtIns: false });
        roles.push({ stop: () => host.stop(), connection: own });
      }
    },
    startWorkers: async (tasks) => {
      for (const name of ['worker-a', 'worker-b']) {
        const own = await open(name);
        const worker = await startWorker({
          connection: own,
          service: 'leasing',
          slots: { regular: 6 },
          name,
          tasks,
          log,
        });
        roles.push({ stop: () => worker.stop({ graceMs: 500 }), connection: own });
      }
    },
    stopRoles,
    close: async () => {
      await stopRoles();
      await client.close();
      await connection.close();
    },
  };
};

const inputOf = (number: number): { readonly id: string; readonly restMs: number } => ({
  id: `lease-${number}`,
  restMs: 1_000 + (number % 12) * 1_000,
});

/** Creates leases, some at a time. Resolves when all are stored. */
export const createLeases = async (client: Client, from: number, upTo: number): Promise<void> => {
  const numbers = Array.from({ length: upTo - from }, (_, index) => from + index).values();
  const work = async (): Promise<void> => {
    for (const number of numbers) {
      const input = inputOf(number);
      await client.actor(leaseMachine, input.id).create(input);
    }
  };
  await Promise.all(Array.from({ length: LEASES_AT_ONCE }, work));
};

/** Publishes creates as a plain NATS client does, which needs nothing but the journal. */
export const publishCreates = async (
  connection: Connection,
  from: number,
  upTo: number,
): Promise<void> => {
  const { journal } = portsOf({ connection });
  for (let number = from; number < upTo; number += 1) {
    const { id } = inputOf(number);
    const body = Buffer.from(JSON.stringify({ input: inputOf(number) }));
    await journal.append({ type: 'lease', id, kindToken: 'create', body });
  }
};

/** How many leases are in each state, by the lists. */
export const countStates = async (client: Client): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for await (const { value } of client.list('lease'))
    counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
};

// A small installation for measurements: a broker, hosts of counters, and one counter a partition.
import { partitionOf, type Ports } from '@pawl/core';
import { openClient, PawlError, portsOf, type Client, type Connection } from 'pawl';
import { startBroker, type Broker, type BrokerOptions } from './broker.ts';
import type { Child } from './child.ts';
import type { Cast, HostSettings, WorkerFaults, WorkerSettings } from './child-settings.ts';
import { createCrew, type Crew } from './fleet.ts';
import { counterMachine } from './counter/counter.machine.ts';

/** A running installation. */
export interface Counting {
  readonly broker: Broker;
  readonly connection: Connection;
  readonly client: Client;
  readonly ports: Ports;
  readonly partitions: number;
  /** One id of a counter in each partition. */
  readonly ids: readonly string[];
  /** Starts a host; resolves when it is ready. */
  startHost(settings?: Partial<HostSettings>): Promise<Child>;
  startWorker(faults?: WorkerFaults): Promise<Child>;
  /** A crew that the run looks after. */
  crew(kind: Crew['kind'], settings: (name: string) => unknown): Crew;
  /** Adds one to the counter of a partition; again with the same id until it is answered. */
  add(partition: number, id?: string): Promise<number>;
  stop(): Promise<void>;
}

/** An id of a counter for each partition. */
export const idsByPartition = (partitions: number, prefix: string = 'probe'): string[] => {
  const ids: string[] = [];
  for (let index = 0; ids.filter(Boolean).length < partitions; index += 1) {
    const id = `${prefix}-${index}`;
    ids[partitionOf('counter', id, partitions)] ??= id;
  }
  return ids;
};

/** Does it again until it is answered, for at most `ms`. */
export const persist = async <Result>(
  action: () => Promise<Result>,
  ms: number = 60_000,
): Promise<Result> => {
  const endsAt = performance.now() + ms;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      const isPassing = error instanceof PawlError && error.retryable;
      if (!isPassing || performance.now() > endsAt) throw error;
    }
  }
};

const open = new Set<Counting>();

/** Stops what a test that failed has left. For `test.after.each`. */
export const stopAll = async (): Promise<void> => {
  for (const each of open) await each.stop();
};

/** Starts a broker, and creates nothing yet. */
export const startCounting = async (
  options: BrokerOptions & { readonly cast?: Cast },
): Promise<Counting> => {
  const { partitions, cast = 'counter' } = options;
  const broker = await startBroker(options);
  const crews: Crew[] = [];
  const connection = await broker.open('client');
  const client = openClient({ connection, name: 'client' });
  const ids = idsByPartition(partitions);
  const crew = (kind: Crew['kind'], settings: (name: string) => unknown): Crew => {
    const made = createCrew({ kind, settings, hasSpare: false });
    crews.push(made);
    return made;
  };
  let events = 0;
  const counting: Counting = {
    broker,
    connection,
    client,
    ports: portsOf({ connection }),
    partitions,
    ids,
    crew,
    startHost: (settings = {}) =>
      crew('host', (name): HostSettings => ({
        servers: broker.servers,
        name: `${name}-${crews.length}`,
        cast,
        ...settings,
      })).add(),
    startWorker: (faults = {}) =>
      crew('worker', (name): WorkerSettings => ({
        servers: broker.servers,
        name: `${name}-${crews.length}`,
        cast,
        faults,
      })).add(),
    add: async (partition, given) => {
      const id = ids[partition] ?? '';
      events += 1;
      const eventId = given ?? `add-${events}`;
      const counter = client.actor(counterMachine, id);
      const { context } = await persist(() =>
        counter.send({ type: 'ADD', amount: 1 }, { id: eventId }),
      );
      return context.total;
    },
    stop: async () => {
      if (!open.delete(counting)) return;
      await client.close();
      await Promise.all(crews.map((each) => each.stop()));
      await broker.stop();
    },
  };
  open.add(counting);
  return counting;
};

/** The value below which so many of a hundred lie. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
};

/** Numbers as one line. */
export const line = (what: string, values: readonly number[]): string =>
  `  ${what}: p50 ${percentile(values, 50).toFixed(0)} ms, ` +
  `p95 ${percentile(values, 95).toFixed(0)} ms, ` +
  `max ${Math.max(...values).toFixed(0)} ms (${values.length})`;

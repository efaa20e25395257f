// The ports Timers, Snapshots, Registry and Visits over one connection to the memory broker.
import {
  addressKey,
  partitionOf,
  type ActorAddress,
  type MachineRecord,
  type OutgoingTimer,
  type Registry,
  type ScheduleRecord,
  type Snapshots,
  type StoredSnapshot,
  type TaskRecord,
  type Timers,
  type Visits,
} from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { Connection } from './connection.ts';
import { checkPayload } from './limits.ts';

/** Timers. */
export const createMemoryTimers = (broker: BrokerState, connection: Connection): Timers => ({
  arm: async (timer: OutgoingTimer) => {
    const subject = broker.subjects.timer(timer.actor, timer.generation);
    checkPayload(subject, timer.body);
    await connection.write('arm', subject, () => {
      broker.timers.arm(timer);
      broker.bus.publish(subject, timer.body);
    });
  },
  disarm: (actor: ActorAddress, generation: string) =>
    connection.write('disarm', broker.subjects.timer(actor, generation), () =>
      broker.timers.disarm(actor, generation),
    ),
});

const recoveryKey = (service: string, partition: number): string =>
  `_recovery.${service}.${partition}`;

/** Snapshots. */
export const createMemorySnapshots = (broker: BrokerState, connection: Connection): Snapshots => ({
  load: (partition: number, actor: ActorAddress): Promise<StoredSnapshot | undefined> =>
    connection.read('load', addressKey(actor), () => broker.snapshots.load(partition, actor)),
  save: (partition, header, body, revision, disproved) =>
    connection.write('save', addressKey(header), () =>
      broker.snapshots.save(partition, header, body, revision, disproved),
    ),
  remove: (partition: number, actor: ActorAddress, revision?: number) =>
    connection.write('remove', addressKey(actor), () =>
      broker.snapshots.remove(partition, actor, revision),
    ),
  changes: (type, after, limit) =>
    connection.read('load', `${type} changes`, () => broker.snapshots.changes(type, after, limit)),
  headers: (partition: number, type?: string) =>
    connection.read('load', `${partition} headers`, () =>
      broker.snapshots.headers(partition, type),
    ),
  loadRecovery: (service: string, partition: number) =>
    connection.read('load', recoveryKey(service, partition), () =>
      broker.snapshots.loadRecovery(service, partition),
    ),
  saveRecovery: (service, partition, mark) =>
    connection.write('save', recoveryKey(service, partition), () =>
      broker.snapshots.saveRecovery(service, partition, mark),
    ),
});

/** The registry. */
export const createMemoryRegistry = (broker: BrokerState, connection: Connection): Registry => ({
  registerMachine: (record: MachineRecord) =>
    connection.write('register', record.type, () => broker.registry.registerMachine(record)),
  retireType: (type: string) =>
    connection.write('register', type, () => {
      const owner = broker.registry.retireType(type);
      if (owner !== undefined) broker.partitions.release(owner, type);
    }),
  registerTasks: (service: string, tasks: readonly TaskRecord[]) =>
    connection.write('register', service, () => broker.registry.registerTasks(service, tasks)),
  machine: (type: string, version: string) =>
    connection.read('load', type, () => broker.registry.machine(type, version)),
  machines: (type?: string) =>
    connection.read('load', type ?? 'machines', () => broker.registry.machines(type)),
  task: (service: string, name: string) =>
    connection.read('load', `${service} ${name}`, () => broker.registry.task(service, name)),
  tasks: () => connection.read('load', 'tasks', () => broker.registry.tasks()),
  checkSchedule: (name: string, service: string, digest: string) =>
    connection.read('load', name, () => broker.registry.checkSchedule(name, service, digest)),
  declareSchedule: (record: ScheduleRecord) =>
    connection.write('register', record.name, () => broker.registry.declareSchedule(record)),
  schedule: (name: string) => connection.read('load', name, () => broker.registry.schedule(name)),
  schedules: () => connection.read('load', 'schedules', () => broker.registry.schedules()),
  removeSchedule: (name: string) =>
    connection.write('register', name, () => broker.registry.removeSchedule(name)),
});

/** Visits: the memory broker's streams are never made anew, so there is nothing to visit. */
export const createMemoryVisits = (broker: BrokerState): Visits => {
  const { created, partitions } = broker.journal.identity;
  return {
    identity: async () => created,
    load: async () => created,
    save: async () => undefined,
    actors: async (partition, type) => {
      const actors = new Map<string, ActorAddress>();
      for (const entry of broker.journal.entries)
        if (entry.type === type && partitionOf(type, entry.id, partitions) === partition)
          actors.set(entry.id, { type, id: entry.id });
      return [...actors.values()];
    },
  };
};

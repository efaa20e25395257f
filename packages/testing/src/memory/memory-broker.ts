// createMemoryBroker(): a broker in this process that behaves like nats-server does for Pawl.
import {
  QUEUE_CLASSES,
  addressKey,
  type ActorAddress,
  type Clock,
  type ConsumerStatus,
  type DeadLetter,
  type OutgoingEmitted,
  type OutgoingTimer,
  type QueueClass,
  type StoredEntry,
  type StoredSnapshot,
  type Subjects,
} from '@pawl/core';
import { createBrokerState } from './broker-state.ts';
import type { QueuedCommand } from './command-stream.ts';
import { Connection } from './connection.ts';
import type { Replicas } from './journal-stream.ts';
import { portsOf, type MemoryPorts } from './memory-ports.ts';
import { promptNetwork, type Network } from './network.ts';

/** Options of `createMemoryBroker`. */
export interface MemoryBrokerOptions {
  /** Broker time: a virtual clock in tests, `systemClock` otherwise. */
  readonly clock: Clock;
  /** Default 4. */
  readonly partitions?: number;
  /** Prefix of all subjects. Default `pawl`. */
  readonly prefix?: string;
  /** Where faults come in: see `Network`. Default: everything is carried, in order. */
  readonly network?: Network;
  /** Behave like one server or like three where they differ. Default 1. */
  readonly replicas?: Replicas;
  /** How long a request waits for its answer, ms. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

/** What a partition consumer looks like from inside the broker. */
export interface PartitionStatus extends ConsumerStatus {
  readonly ackFloor: number;
  /** How often it was reset. */
  readonly resets: number;
}

/** A broker in memory. All that it holds can be looked at. */
export interface MemoryBroker {
  readonly subjects: Subjects;
  /** A connection of its own each time: one for each process that a test plays. */
  ports(name?: string): MemoryPorts;
  /** The journal, or the entries of one actor. */
  entries(actor?: ActorAddress): readonly StoredEntry[];
  /** Commands that are not acknowledged: waiting, in flight, or put off by a nak. */
  commands(queueClass?: QueueClass): readonly QueuedCommand[];
  /** Armed timers. */
  timers(): readonly OutgoingTimer[];
  snapshots(): readonly StoredSnapshot[];
  /** The consumer of a partition; undefined when nobody provisioned it. */
  partition(service: string, partition: number): PartitionStatus | undefined;
  emitted(): readonly OutgoingEmitted[];
  deadLetters(): readonly DeadLetter[];
}

/** Creates an empty broker. */
export const createMemoryBroker = (options: MemoryBrokerOptions): MemoryBroker => {
  const { clock, network = promptNetwork, requestTimeoutMs = 5000 } = options;
  const { partitions = 4, prefix = 'pawl', replicas = 1 } = options;
  const state = createBrokerState({ clock, network, partitions, prefix, replicas });
  let connections = 0;
  return {
    subjects: state.subjects,
    ports: (name) => {
      connections += 1;
      const connection = new Connection({
        name: name ?? `connection-${connections}`,
        network,
        clock,
        requestTimeoutMs,
      });
      return portsOf(state, connection);
    },
    entries: (actor) =>
      actor === undefined
        ? [...state.journal.entries]
        : state.journal.entries.filter((entry) => addressKey(entry) === addressKey(actor)),
    commands: (queueClass) =>
      QUEUE_CLASSES.filter((each) => queueClass === undefined || each === queueClass).flatMap(
        (each) => state.commands[each].queued,
      ),
    timers: () => state.timers.armed,
    snapshots: () => state.snapshots.all,
    partition: (service, partition) => {
      const queue = state.partitions.find(service, partition);
      return queue && { ...queue.status(), ackFloor: queue.ackFloor, resets: queue.resets };
    },
    emitted: () => [...state.outlets.emitted],
    deadLetters: () => state.outlets.deadLetters,
  };
};

// What flows and what waits: commands by class and service, partitions, stores.
import {
  QUEUE_CLASSES,
  type HeartbeatBody,
  type PauseNote,
  type QueueClass,
  type QueueStatus,
} from '@pawl/core';
import type { ConsumerReport, Inspector, StreamReport } from '@pawl/jetstream';
import type { Heard, Heartbeats } from './heartbeats.ts';

/** Commands of one class for one service. */
export interface CommandFlow {
  readonly class: QueueClass;
  readonly service: string;
  /** Commands in the queue, those in flight included. */
  readonly depth: number;
  /** Time of the oldest one, ms since 1970. */
  readonly oldestAt: number | undefined;
  /** With workers. */
  readonly inFlight: number;
  readonly waitingPulls: number;
  /** Of the workers that were heard, all together. Those in other languages may say nothing. */
  readonly slots: number;
  /** How many of the slots are taken. */
  readonly busy: number;
  readonly redelivered: number;
  readonly consumers: number;
  /** An operator has paused it: nothing is delivered before this, ms since 1970. */
  readonly pausedUntil?: number;
  readonly paused?: PauseNote;
}

/** One partition of a service. */
export interface PartitionFlow {
  readonly service: string;
  readonly partition: number;
  /** Hosts that say that they have it. */
  readonly hosts: readonly string[];
  /** The broker knows of a host that it delivers to. */
  readonly isPinned: boolean;
  readonly unacknowledged: number;
  /** Entries that no host was given yet. */
  readonly lag: number;
  /** Time of the oldest entry that is not acknowledged, ms since 1970. */
  readonly oldestAt: number | undefined;
}

/** One stream, as a store. */
export interface StoreFlow {
  readonly stream: string;
  readonly entries: number;
  readonly bytes: number;
  readonly oldestAt: number | undefined;
  readonly lastSequence: number;
  readonly consumers: number;
  readonly replicas: number;
}

/** All of it. */
export interface FlowReport {
  readonly commands: readonly CommandFlow[];
  readonly partitions: readonly PartitionFlow[];
  readonly stores: readonly StoreFlow[];
}

const WORKER = /^worker-(.+)$/;
const PARTITION = /^host-(.+)-(\d+)$/;

/** Slots of a class of the workers of a service. */
const slotsOf = ({ workers }: Heartbeats, queueClass: QueueClass, service: string) => {
  const own = workers.filter(({ body }) => body.service === service);
  const sum = (count: (body: (typeof own)[number]['body']) => number | undefined): number =>
    own.reduce((total, { body }) => total + (count(body) ?? 0), 0);
  return {
    slots: sum(({ slots }) => slots[queueClass]),
    busy: sum(({ busy }) => busy?.[queueClass]),
  };
};

const commandFlow = async (
  { inspector, heartbeats, queues }: Look,
  stream: StreamReport,
  queueClass: QueueClass,
  consumer: ConsumerReport,
): Promise<CommandFlow | undefined> => {
  const service = WORKER.exec(consumer.name)?.[1];
  if (service === undefined) return undefined;
  const { waiting, inFlight, waitingPulls, redelivered, pausedUntil } = consumer;
  const depth = waiting + inFlight;
  const isThis = (queue: QueueStatus): boolean =>
    queue.class === queueClass && queue.service === service;
  const paused = pausedUntil === undefined ? undefined : queues.find(isThis)?.paused;
  const filter = consumer.filters[0] ?? '>';
  const oldestAt = depth === 0 ? undefined : await inspector.firstAt(stream.name, filter);
  return {
    class: queueClass,
    service,
    depth,
    oldestAt,
    inFlight,
    waitingPulls,
    ...slotsOf(heartbeats, queueClass, service),
    redelivered,
    consumers: 1,
    ...(pausedUntil !== undefined && { pausedUntil }),
    ...(paused !== undefined && { paused }),
  };
};

const oldestOf = async (
  inspector: Inspector,
  stream: string,
  { filters, acknowledgedUpTo }: ConsumerReport,
): Promise<number | undefined> => {
  const from = acknowledgedUpTo + 1;
  const firsts = await Promise.all(
    filters.map((filter) => inspector.firstAt(stream, filter, from)),
  );
  const times = firsts.filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
};

const partitionFlow = async (
  inspector: Inspector,
  journal: StreamReport,
  consumer: ConsumerReport,
  hosts: readonly Heard<HeartbeatBody>[],
): Promise<PartitionFlow | undefined> => {
  const [, service, digits] = PARTITION.exec(consumer.name) ?? [];
  if (service === undefined) return undefined;
  const partition = Number(digits);
  const { inFlight, waiting, isPinned } = consumer;
  const holds = ({ body }: Heard<HeartbeatBody>): boolean =>
    body.service === service && body.partitions.includes(partition);
  return {
    service,
    partition,
    hosts: hosts.filter(holds).map(({ body }) => body.host),
    isPinned,
    unacknowledged: inFlight,
    lag: waiting,
    oldestAt:
      inFlight + waiting === 0 ? undefined : await oldestOf(inspector, journal.name, consumer),
  };
};

const storeFlow = (stream: StreamReport): StoreFlow => ({
  stream: stream.name,
  entries: stream.messages,
  bytes: stream.bytes,
  oldestAt: stream.firstAt,
  lastSequence: stream.lastSequence,
  consumers: stream.consumers.length,
  replicas: stream.replicas,
});

const there = <Value>(values: readonly (Value | undefined)[]): readonly Value[] =>
  values.filter((value) => value !== undefined);

/** What the report is made of, besides what it asks the broker. */
export interface Look {
  readonly inspector: Inspector;
  readonly streams: readonly StreamReport[];
  readonly heartbeats: Heartbeats;
  /** For who paused which queue. */
  readonly queues: readonly QueueStatus[];
}

/** Asks the broker for the rest. */
export const flowReport = async (look: Look): Promise<FlowReport> => {
  const { inspector, streams, heartbeats } = look;
  const { names } = inspector;
  const named = (name: string): StreamReport | undefined =>
    streams.find((stream) => stream.name === name);
  const commands = QUEUE_CLASSES.flatMap((queueClass) => {
    const stream = named(names.commands(queueClass));
    return (stream?.consumers ?? []).map((consumer) =>
      stream === undefined
        ? Promise.resolve(undefined)
        : commandFlow(look, stream, queueClass, consumer),
    );
  });
  const journal = named(names.journal);
  const partitions = (journal?.consumers ?? []).map((consumer) =>
    journal === undefined
      ? Promise.resolve(undefined)
      : partitionFlow(inspector, journal, consumer, heartbeats.hosts),
  );
  return {
    commands: there(await Promise.all(commands)),
    partitions: there(await Promise.all(partitions)).toSorted(
      (one, other) =>
        Number(one.service > other.service) - Number(one.service < other.service) ||
        one.partition - other.partition,
    ),
    stores: streams.map(storeFlow),
  };
};

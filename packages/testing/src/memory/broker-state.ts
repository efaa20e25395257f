// All that the memory broker holds: streams, consumers, buckets and the hub.
import {
  HEADER,
  PawlError,
  createSubjects,
  type Clock,
  type Headers,
  type QueueClass,
  type Subjects,
} from '@pawl/core';
import { BusHub, type HubMessage } from './bus-hub.ts';
import { CommandStream } from './command-stream.ts';
import { JournalStream, type JournalAppend, type Replicas } from './journal-stream.ts';
import { streamName } from './limits.ts';
import type { Network } from './network.ts';
import { OutletStore } from './outlet-store.ts';
import { PartitionQueues } from './partition-queues.ts';
import { RegistryBucket } from './registry-bucket.ts';
import { SnapshotBucket } from './snapshot-bucket.ts';
import { TimerStream } from './timer-stream.ts';

/** The broker's side of everything. */
export interface BrokerState {
  readonly clock: Clock;
  readonly subjects: Subjects;
  readonly bus: BusHub;
  readonly journal: JournalStream;
  readonly partitions: PartitionQueues;
  readonly timers: TimerStream;
  readonly commands: Readonly<Record<QueueClass, CommandStream>>;
  readonly snapshots: SnapshotBucket;
  readonly registry: RegistryBucket;
  readonly outlets: OutletStore;
}

/** What the broker is made of. */
export interface BrokerStateOptions {
  readonly clock: Clock;
  readonly partitions: number;
  readonly prefix: string;
  readonly replicas: Replicas;
  readonly network: Network;
  /** How long a pin outlives the last pull, ms. Default: as the server is set up. */
  readonly pinTimeoutMs?: number;
}

/** Puts the broker together. */
export const createBrokerState = (options: BrokerStateOptions): BrokerState => {
  const { clock, partitions, prefix, replicas, network } = options;
  const subjects = createSubjects(prefix);
  const bus = new BusHub();
  const journal = new JournalStream(clock, partitions, replicas);
  journal.follow((append) => republish(bus, subjects, append));
  bus.capture((message) => captureEntry(journal, subjects, message));
  const snapshots = new SnapshotBucket();
  const timers = new TimerStream(clock, subjects, (timer, headers) =>
    network(
      {
        connection: 'broker',
        direction: 'to-broker',
        kind: 'fire',
        subject: subjects.fired(timer.actor),
      },
      () => void journal.source(timer.actor, timer.body, headers),
    ),
  );
  return {
    clock,
    subjects,
    bus,
    journal,
    partitions: new PartitionQueues(clock, journal, snapshots, options.pinTimeoutMs),
    timers,
    commands: {
      regular: new CommandStream(clock, subjects),
      heavy: new CommandStream(clock, subjects),
      background: new CommandStream(clock, subjects),
    },
    snapshots,
    registry: new RegistryBucket(),
    outlets: new OutletStore(),
  };
};

/** The live feed, with the headers that the server adds. */
const republish = (bus: BusHub, subjects: Subjects, append: JournalAppend): void => {
  const { entry, partition, lastOfSubject } = append;
  const live = subjects.live(entry, entry.kindToken);
  if (!bus.hasListeners(live)) return;
  const headers: Headers = {
    ...entry.headers,
    'Nats-Stream': streamName(subjects, 'JOURNAL'),
    'Nats-Subject': subjects.journal(partition, entry, entry.kindToken),
    'Nats-Sequence': String(entry.sequence),
    'Nats-Last-Sequence': String(lastOfSubject),
    'Nats-Time-Stamp': new Date(entry.time).toISOString(),
  };
  bus.publish(live, entry.body, headers);
};

const encoder = new TextEncoder();

/** The journal stores what anybody publishes on its subjects, and answers as JetStream does. */
const captureEntry = (
  journal: JournalStream,
  subjects: Subjects,
  { subject, body, headers, reply }: HubMessage,
): boolean => {
  const start = `${subjects.prefix}.in.`;
  const tokens = subject.slice(start.length).split('.');
  const [kindToken, type, id] = tokens;
  if (!subject.startsWith(start) || tokens.length !== 3) return false;
  if (kindToken === undefined || type === undefined || id === undefined) return false;
  const stream = streamName(subjects, 'JOURNAL');
  const messageId = headers[HEADER.messageId];
  const expected = headers['Nats-Expected-Last-Subject-Sequence'];
  try {
    const { sequence, duplicate } = journal.append({
      kindToken,
      type,
      id,
      body,
      headers,
      ...(messageId !== undefined && { messageId }),
      ...(expected !== undefined && { expectedLastSequence: Number(expected) }),
    });
    const acknowledged = { stream, seq: sequence, ...(duplicate && { duplicate }) };
    reply?.(encoder.encode(JSON.stringify(acknowledged)));
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    const code = error.code === 'sequence-conflict' ? 10071 : 10052;
    const refused = { error: { code: 400, err_code: code, description: error.message } };
    reply?.(encoder.encode(JSON.stringify({ stream, seq: 0, ...refused })));
  }
  return true;
};

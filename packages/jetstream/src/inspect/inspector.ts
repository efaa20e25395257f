// Looks at an installation from outside, for operators: streams, consumers, positions, subjects.
import { systemClock, type Clock, type SnapshotHeader } from '@pawl/core';
import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import { API_CODE, apiCodeOf } from '../broker-error.ts';
import { openBroker, type Broker } from '../broker.ts';
import { commandConsumerName } from '../command-queue.ts';
import { consumersOf } from '../consumer-list.ts';
import { checkConnection, type Connection } from '../connection.ts';
import type { ForeignKey, Sorted } from '../foreign-key.ts';
import { partitionConsumerName } from '../partition-names.ts';
import { readHeaders } from '../snapshots.ts';
import { topologyOf, type TopologyNames } from '../topology.ts';
import { accountRoomOf, type AccountRoom } from './account-room.ts';
import { foreignRecordsOf } from './foreign-keys.ts';
import { journalGapsOf, type JournalGaps } from './journal-gaps.ts';
import { journalTypesOf, type JournalTypes } from './journal-types.ts';
import {
  consumerReportOf,
  streamReportOf,
  type ConsumerReport,
  type StreamReport,
} from './stream-report.ts';
import { timerSourceOf, type TimerSource } from './timer-source.ts';

/** The broker's clock against ours. */
export interface ClockReading {
  /** The broker's time minus ours, ms. */
  readonly offsetMs: number;
  /** Half of the round trip: the offset is uncertain by so much. */
  readonly uncertaintyMs: number;
}

/** Looks, and changes nothing. */
export interface Inspector {
  readonly names: TopologyNames;
  /** The streams of the topology that exist, with their consumers. */
  streams(): Promise<readonly StreamReport[]>;
  /** One partition consumer; undefined when there is none. */
  partition(service: string, partition: number): Promise<ConsumerReport | undefined>;
  /** Time of the first message of a subject from a sequence on, ms since 1970. */
  firstAt(stream: string, subject: string, from?: number): Promise<number | undefined>;
  /** Last sequence of the journal. */
  journalEnd(): Promise<number>;
  /** Undefined when the journal or the timer stream does not exist. */
  timerSource(): Promise<TimerSource | undefined>;
  /** Looks at `pagesMax` times 100,000 subjects; default 10. */
  journalTypes(pagesMax?: number): Promise<JournalTypes>;
  clock(): Promise<ClockReading>;
  /** Headers of a partition's snapshots, and the keys of what Pawl did not write there. */
  snapshots(partition: number): Promise<Sorted<SnapshotHeader>>;
  /** Keys of the registry whose record Pawl did not write. */
  foreignRecords(): Promise<readonly ForeignKey[]>;
  journalGaps(): Promise<JournalGaps>;
  accountRoom(): Promise<AccountRoom>;
  close(): Promise<void>;
}

/** Options of `openInspector`. */
export interface InspectorOptions {
  readonly prefix?: string;
  readonly clock?: Clock;
}

const orUndefined = async <Result>(
  ask: Promise<Result>,
  missingCode: number,
): Promise<Result | undefined> => {
  try {
    return await ask;
  } catch (error) {
    if (apiCodeOf(error) === missingCode) return undefined;
    throw error;
  }
};

const askStream = ({ publisher }: Broker, name: string): Promise<StreamInfo> =>
  publisher.askApi<StreamInfo>(`STREAM.INFO.${name}`);

const streamInfo = (broker: Broker, name: string): Promise<StreamInfo | undefined> =>
  orUndefined(askStream(broker, name), API_CODE.streamNotFound);

const reportOf = async (broker: Broker, name: string): Promise<StreamReport | undefined> => {
  const info = await streamInfo(broker, name);
  if (info === undefined) return undefined;
  const consumers = info.state.consumer_count > 0 ? await consumersOf(broker, name) : [];
  return streamReportOf(info, consumers);
};

const readClock = async (broker: Broker): Promise<ClockReading> => {
  const sentAt = broker.clock.now();
  const info = await askStream(broker, broker.names.journal);
  const uncertaintyMs = (broker.clock.now() - sentAt) / 2;
  const brokerAt = Date.parse((info as StreamInfo & { readonly ts: string }).ts);
  return { offsetMs: brokerAt - (sentAt + uncertaintyMs), uncertaintyMs };
};

/** Opens an inspector. It needs the rights of an operator. */
export const openInspector = (
  connection: Connection,
  options: InspectorOptions = {},
): Inspector => {
  checkConnection(connection);
  const broker = openBroker(connection, options.prefix, options.clock ?? systemClock);
  const { names } = broker;
  const wanted = topologyOf({ prefix: names.prefix });
  return {
    names,
    streams: async () => {
      const reports = await Promise.all(wanted.map(({ name }) => reportOf(broker, name)));
      return reports.filter((report) => report !== undefined);
    },
    partition: async (service, partition) => {
      const path = `${names.journal}.${partitionConsumerName(service, partition)}`;
      const ask = broker.publisher.askApi<ConsumerInfo>(`CONSUMER.INFO.${path}`);
      const info = await orUndefined(ask, API_CODE.consumerNotFound);
      return info && consumerReportOf(info);
    },
    firstAt: async (stream, subject, from = 1) => {
      const query = { seq: from, next_by_subj: subject };
      return (await broker.messagesOf(stream).fromLeader(query))?.time;
    },
    journalEnd: async () => (await askStream(broker, names.journal)).state.last_seq,
    timerSource: async () => {
      const journal = await streamInfo(broker, names.journal);
      const timers = await streamInfo(broker, names.timers);
      return journal && timers && timerSourceOf(broker, journal, timers);
    },
    journalTypes: (pagesMax = 10) => journalTypesOf(broker, pagesMax),
    clock: () => readClock(broker),
    snapshots: (partition) => readHeaders(broker, `${partition}.*.*`),
    foreignRecords: () => foreignRecordsOf(broker),
    journalGaps: () => journalGapsOf(broker),
    accountRoom: () => accountRoomOf(broker),
    close: () => broker.close(),
  };
};

/** Names of the durable consumers that a service needs. */
export const consumerNamesOf = (
  service: string,
): { readonly partition: (partition: number) => string; readonly commands: string } => ({
  partition: (partition) => partitionConsumerName(service, partition),
  commands: commandConsumerName(service),
});

// What the broker says of a stream and of its consumers, as far as operators need it.
import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import { pausedUntilOf } from '../consumer-list.ts';

/** A consumer. */
export interface ConsumerReport {
  readonly name: string;
  readonly filters: readonly string[];
  /** Stored and not delivered yet. */
  readonly waiting: number;
  /** Delivered and not acknowledged. */
  readonly inFlight: number;
  /** Of those in flight, how many were delivered more than once. */
  readonly redelivered: number;
  /** Pulls that wait for messages. */
  readonly waitingPulls: number;
  /** Is one puller pinned? Partition consumers only. */
  readonly isPinned: boolean;
  /** Nothing is delivered before this, ms since 1970. */
  readonly pausedUntil?: number;
  /** Everything up to here is acknowledged: a sequence of the stream. */
  readonly acknowledgedUpTo: number;
}

/** A stream. */
export interface StreamReport {
  readonly name: string;
  /** As the broker writes it. */
  readonly created: string;
  readonly messages: number;
  readonly bytes: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Time of the first message, ms since 1970; undefined when empty. */
  readonly firstAt: number | undefined;
  readonly replicas: number;
  /** Servers whose copy is behind or that cannot be reached. */
  readonly lagging: readonly string[];
  readonly consumersMax: number;
  readonly consumers: readonly ConsumerReport[];
}

interface PriorityGroupState {
  readonly pinned_client_id?: string;
}

/** A consumer's info, reported. */
export const consumerReportOf = (info: ConsumerInfo): ConsumerReport => {
  const { config } = info;
  const pausedUntil = pausedUntilOf(info);
  const groups = (info as { priority_groups?: readonly PriorityGroupState[] }).priority_groups;
  return {
    name: info.name,
    filters: config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []),
    waiting: info.num_pending,
    inFlight: info.num_ack_pending,
    redelivered: info.num_redelivered,
    waitingPulls: info.num_waiting,
    isPinned: groups?.some(({ pinned_client_id: id }) => (id ?? '') !== '') ?? false,
    ...(pausedUntil !== undefined && { pausedUntil }),
    acknowledgedUpTo: info.ack_floor.stream_seq,
  };
};

/** A stream's info with those of its consumers, reported. */
export const streamReportOf = (
  info: StreamInfo,
  consumers: readonly ConsumerInfo[],
): StreamReport => {
  const { config, state } = info;
  const replicas = info.cluster?.replicas ?? [];
  return {
    name: config.name,
    created: info.created,
    messages: state.messages,
    bytes: state.bytes,
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    firstAt: state.messages === 0 ? undefined : Date.parse(state.first_ts),
    replicas: config.num_replicas,
    lagging: replicas
      .filter(({ current, offline }) => !current || offline === true)
      .map(({ name }) => name),
    consumersMax: config.max_consumers,
    consumers: consumers.map(consumerReportOf),
  };
};

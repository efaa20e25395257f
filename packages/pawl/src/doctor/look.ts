// Gathers the facts: asks the broker, reads the registry and snapshots, listens for heartbeats.
import {
  QUEUE_CLASSES,
  systemClock,
  type Clock,
  type Ports,
  type SnapshotHeader,
} from '@pawl/core';
import {
  checkTopology,
  openInspector,
  type Connection,
  type ForeignKey,
  type Inspector,
  type JournalGaps,
  type JournalTypes,
  type Sorted,
} from '@pawl/jetstream';
import { flowReport, type FlowReport } from '../installation/flow-report.ts';
import { HEARING_MS, listenForHeartbeats } from '../installation/heartbeats.ts';
import { tryCanary } from './canary.ts';
import { settleFacts, type CanaryOutcome, type Facts, type StoreRoom } from './facts.ts';
import { readMonitor, type MonitorReading } from './monitor.ts';
import { findStalled, type StallOptions } from './stalled.ts';

/** What is looked at. */
export interface LookOptions {
  readonly connection: Connection;
  readonly ports: Ports;
  readonly prefix?: string | undefined;
  /** Addresses of monitoring pages. */
  readonly monitors?: readonly string[];
  /** Arm a timer and wait for it. Default true. */
  readonly canary?: boolean;
  readonly timeoutMs: number;
  /** This machine's clock, which is compared with the broker's. */
  readonly clock?: Clock;
  /** When entries that wait count as stuck. */
  readonly stall?: StallOptions;
}

const NO_TYPES: JournalTypes = { actors: new Map(), untaken: [], isComplete: true };
const NO_GAPS: JournalGaps = { lost: 0, first: 1, between: new Set() };
const NOTHING: Sorted<SnapshotHeader> = { values: [], foreign: [] };

/** Snapshots of all partitions, a few partitions at a time. */
const readSnapshots = async (
  inspector: Inspector,
  partitions: number,
): Promise<Sorted<SnapshotHeader>> => {
  const found: Sorted<SnapshotHeader>[] = [];
  for (let first = 0; first < partitions; first += 8) {
    const numbers = Array.from({ length: Math.min(8, partitions - first) }, (_, at) => first + at);
    found.push(...(await Promise.all(numbers.map((number) => inspector.snapshots(number)))));
  }
  return {
    values: found.flatMap(({ values }) => values),
    foreign: found.flatMap(({ foreign }) => foreign),
  };
};

const canaryOf = async (
  { canary = true, ports }: LookOptions,
  inspector: Inspector,
): Promise<CanaryOutcome> => {
  const source = await inspector.timerSource();
  if (!canary || source === undefined) return { kind: 'not-tried' };
  return tryCanary(ports, systemClock);
};

const accountStore = async (inspector: Inspector): Promise<readonly StoreRoom[]> => {
  const { usedBytes, maxBytes } = await inspector.accountRoom();
  if (maxBytes === undefined) return [];
  return [{ where: 'the account', usedBytes, maxBytes, setting: 'max_file of the account' }];
};

const serverStores = (monitors: readonly MonitorReading[]): readonly StoreRoom[] =>
  monitors.flatMap(({ url, usedBytes, maxBytes }) =>
    maxBytes === undefined
      ? []
      : [{ where: url, usedBytes, maxBytes, setting: 'jetstream { max_file_store }' }],
  );

/** Looks once; takes as long as everybody needs to be heard. */
export const lookAround = async (options: LookOptions): Promise<Facts> => {
  const { connection, ports, prefix, monitors = [], timeoutMs, clock = systemClock } = options;
  const withPrefix = prefix === undefined ? {} : { prefix };
  const inspector = openInspector(connection, { ...withPrefix, clock });
  const listener = listenForHeartbeats(ports, clock);
  try {
    const heard = new Promise<void>((resolve) => systemClock.after(HEARING_MS, resolve));
    const { names } = inspector;
    const topology = await checkTopology(connection, withPrefix);
    const has = (stream: string): boolean => !topology.missing.includes(stream);
    const hasJournal = has(names.journal);
    const hasRegistry = hasJournal && has(`KV_${names.registry}`);
    const hasSnapshots = hasJournal && has(`KV_${names.snapshots}`);
    const hasQueues = hasRegistry && QUEUE_CLASSES.every((each) => has(names.commands(each)));
    const canary = hasJournal ? canaryOf(options, inspector) : { kind: 'not-tried' as const };
    await Promise.allSettled([canary, heard]);
    const heartbeats = listener.heard();
    const now = clock.now();
    const streams = inspector.streams();
    const snapshots = hasSnapshots ? readSnapshots(inspector, topology.partitions ?? 0) : NOTHING;
    const pages = Promise.all(monitors.map((url) => readMonitor(url, timeoutMs)));
    const flow = async (): Promise<FlowReport> => {
      const queues = hasQueues ? await ports.commands.queues() : [];
      return flowReport({ inspector, streams: await streams, heartbeats, queues });
    };
    const flows = flow();
    const foreign = async (): Promise<readonly ForeignKey[]> => [
      ...(await snapshots).foreign,
      ...(hasRegistry ? await inspector.foreignRecords() : []),
    ];
    return await settleFacts({
      now,
      names,
      topology,
      streams,
      flow: flows,
      heartbeats,
      clock: hasJournal ? inspector.clock() : undefined,
      timerSource: hasJournal ? inspector.timerSource() : undefined,
      canary,
      journalTypes: hasJournal ? inspector.journalTypes() : NO_TYPES,
      gaps: hasJournal ? inspector.journalGaps() : NO_GAPS,
      machines: hasRegistry ? ports.registry.machines() : [],
      tasks: hasRegistry ? ports.registry.tasks() : [],
      snapshots: Promise.resolve(snapshots).then(({ values }) => values),
      foreign: foreign(),
      stalled: flows.then(({ partitions }) =>
        findStalled(inspector, partitions, { now, ...options.stall }),
      ),
      rooms: Promise.all([accountStore(inspector), pages.then(serverStores)]).then((all) =>
        all.flat(),
      ),
      monitors: pages,
    });
  } finally {
    listener.stop();
    await inspector.close();
  }
};

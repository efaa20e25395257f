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
  type Inspector,
  type JournalTypes,
} from '@pawl/jetstream';
import { flowReport } from '../installation/flow-report.ts';
import { HEARING_MS, listenForHeartbeats } from '../installation/heartbeats.ts';
import { tryCanary } from './canary.ts';
import type { CanaryOutcome, Facts } from './facts.ts';
import { readMonitor } from './monitor.ts';

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
}

const NO_TYPES: JournalTypes = { actors: new Map(), isComplete: true };

/** Snapshot headers of all partitions, a few partitions at a time. */
const readHeaders = async (
  { snapshots }: Ports,
  partitions: number,
): Promise<readonly SnapshotHeader[]> => {
  const found: SnapshotHeader[] = [];
  for (let first = 0; first < partitions; first += 8) {
    const numbers = Array.from({ length: Math.min(8, partitions - first) }, (_, at) => first + at);
    const headers = await Promise.all(numbers.map((number) => snapshots.headers(number)));
    for (const some of headers) found.push(...some);
  }
  return found;
};

const canaryOf = async (
  { canary = true, ports }: LookOptions,
  inspector: Inspector,
  clock: Clock,
): Promise<CanaryOutcome> => {
  const source = await inspector.timerSource();
  if (!canary || source === undefined) return { kind: 'not-tried' };
  return tryCanary(ports, clock);
};

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
    const [canary] = await Promise.all([
      hasJournal ? canaryOf(options, inspector, systemClock) : { kind: 'not-tried' as const },
      heard,
    ]);
    const heartbeats = listener.heard();
    const streams = await inspector.streams();
    const hasQueues = hasRegistry && QUEUE_CLASSES.every((each) => has(names.commands(each)));
    const queues = hasQueues ? await ports.commands.queues() : [];
    return {
      now: clock.now(),
      names,
      topology,
      streams,
      flow: await flowReport({ inspector, streams, heartbeats, queues }),
      heartbeats,
      clock: hasJournal ? await inspector.clock() : undefined,
      timerSource: hasJournal ? await inspector.timerSource() : undefined,
      canary,
      journalTypes: hasJournal ? await inspector.journalTypes() : NO_TYPES,
      machines: hasRegistry ? await ports.registry.machines() : [],
      tasks: hasRegistry ? await ports.registry.tasks() : [],
      snapshots: hasSnapshots ? await readHeaders(ports, topology.partitions ?? 0) : [],
      monitors: await Promise.all(monitors.map((url) => readMonitor(url, timeoutMs))),
    };
  } finally {
    listener.stop();
    await inspector.close();
  }
};

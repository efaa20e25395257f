// From rounds to the result, its verdict and its text.
import type { BenchOptions } from './options.ts';
import { ROLES, type RoundResult } from './round.ts';
import { median, percentile, rounded } from './statistics.ts';

/** Numbers of one contestant: medians over its rounds. */
export interface Measured {
  readonly lifecyclesPerSecond: number;
  /** `server` and `total` are null where /proc is missing. */
  readonly cpuMsPerLifecycle: {
    readonly client: number;
    readonly host: number;
    readonly worker: number;
    readonly server: number | null;
    readonly total: number | null;
  };
  readonly idleMs: { readonly p50: number; readonly p99: number };
  /** Sent and received by each process. */
  readonly messagesPerLifecycle: {
    readonly client: number;
    readonly host: number;
    readonly worker: number;
    readonly total: number;
  };
  readonly bytesPerLifecycle: number;
}

/** The line of JSON. */
export interface Report extends Measured {
  readonly floorRatio: number;
  readonly floorCpuRatio: number | null;
  readonly sync: string;
  readonly lifecycles: number;
  readonly rounds: number;
  readonly inFlight: number;
  readonly idleSamples: number;
  readonly floor: Measured;
  readonly serverVersion: string;
  readonly nodeVersion: string;
}

const CPU_MAX_MS = 1.3;
const CPU_TARGET_MS = 0.9;
const FLOOR_RATIO_MIN = 0.5;
const FLOOR_RATIO_TARGET = 0.65;

/** Medians over the rounds of one contestant. */
export const measuredOf = (rounds: readonly RoundResult[]): Measured => {
  const middle = (read: (round: RoundResult) => number): number => median(rounds.map(read));
  const [client = 0, host = 0, worker = 0] = ROLES.map((role) =>
    middle(({ cpuMs }) => cpuMs[role]),
  );
  const [clientMessages = 0, hostMessages = 0, workerMessages = 0] = ROLES.map((role) =>
    middle(({ messages }) => messages[role]),
  );
  const isKnown = rounds.every(({ cpuMs }) => cpuMs.server !== undefined);
  const server = isKnown ? middle(({ cpuMs }) => cpuMs.server ?? 0) : null;
  const idle = rounds.flatMap(({ idleMs }) => idleMs);
  return {
    lifecyclesPerSecond: rounded(
      middle(({ lifecyclesPerSecond }) => lifecyclesPerSecond),
      0,
    ),
    cpuMsPerLifecycle: {
      client: rounded(client, 3),
      host: rounded(host, 3),
      worker: rounded(worker, 3),
      server: server === null ? null : rounded(server, 3),
      total: server === null ? null : rounded(client + host + worker + server, 3),
    },
    idleMs: { p50: rounded(percentile(idle, 0.5), 2), p99: rounded(percentile(idle, 0.99), 2) },
    messagesPerLifecycle: {
      client: rounded(clientMessages, 1),
      host: rounded(hostMessages, 1),
      worker: rounded(workerMessages, 1),
      total: rounded(clientMessages + hostMessages + workerMessages, 1),
    },
    bytesPerLifecycle: rounded(
      middle(({ bytes }) => bytes),
      0,
    ),
  };
};

/** The result of all rounds. */
export const reportOf = (
  options: BenchOptions,
  ours: readonly RoundResult[],
  floors: readonly RoundResult[],
): Report => {
  const measured = measuredOf(ours);
  const floor = measuredOf(floors);
  const total = measured.cpuMsPerLifecycle.total;
  const floorTotal = floor.cpuMsPerLifecycle.total;
  const isKnown = total !== null && floorTotal !== null;
  const { lifecycles, rounds, inFlight, idleSamples } = options;
  return {
    ...measured,
    floorRatio: rounded(measured.lifecyclesPerSecond / floor.lifecyclesPerSecond, 3),
    floorCpuRatio: isKnown ? rounded(floorTotal / total, 3) : null,
    sync: ours[0]?.sync ?? '',
    lifecycles,
    rounds,
    inFlight,
    idleSamples,
    floor,
    serverVersion: ours[0]?.serverVersion ?? '',
    nodeVersion: process.version,
  };
};

/** What is not good enough; empty when all is. */
export const faultsOf = ({ cpuMsPerLifecycle: { total }, floorRatio }: Report): string[] => {
  const faults: string[] = [];
  if (total !== null && total > CPU_MAX_MS)
    faults.push(`CPU per lifecycle is ${total} ms, at most ${CPU_MAX_MS} ms is allowed`);
  if (floorRatio < FLOOR_RATIO_MIN)
    faults.push(`the floor ratio is ${floorRatio}, at least ${FLOOR_RATIO_MIN} is demanded`);
  return faults;
};

const columns = (measured: Measured): readonly string[] => {
  const { cpuMsPerLifecycle: cpu, idleMs } = measured;
  const known = (value: number | null): string => (value === null ? '?' : value.toFixed(3));
  return [
    String(measured.lifecyclesPerSecond),
    known(cpu.total),
    known(cpu.client),
    known(cpu.host),
    known(cpu.worker),
    known(cpu.server),
    `${idleMs.p50} / ${idleMs.p99}`,
    String(measured.messagesPerLifecycle.total),
    String(measured.messagesPerLifecycle.client),
    String(measured.messagesPerLifecycle.host),
    String(measured.messagesPerLifecycle.worker),
    `${measured.bytesPerLifecycle}`,
  ];
};

const ROWS = [
  'lifecycles/s',
  'CPU ms, total',
  '  client',
  '  host',
  '  worker',
  '  server',
  'idle ms, p50 / p99',
  'messages, total',
  '  client',
  '  host',
  '  worker',
  'bytes',
];

/** The result for a reader. */
export const textOf = (report: Report): string => {
  const [ours, floor] = [columns(report), columns(report.floor)];
  const line = (name: string, one: string = '', other: string = ''): string =>
    `${name.padEnd(22)}${one.padStart(16)}${other.padStart(16)}`;
  const { floorRatio, floorCpuRatio, sync, lifecycles, rounds, inFlight } = report;
  return [
    line('per lifecycle', 'pawl', 'floor'),
    ...ROWS.map((name, index) => line(name, ours[index], floor[index])),
    '',
    `floor ratio ${floorRatio} (at least ${FLOOR_RATIO_MIN}, target ${FLOOR_RATIO_TARGET}), ` +
      `by CPU ${floorCpuRatio ?? '?'}`,
    `CPU at most ${CPU_MAX_MS} ms, target ${CPU_TARGET_MS} ms`,
    `${rounds} rounds of ${lifecycles} lifecycles, ${inFlight} at a time; ` +
      `nats-server ${report.serverVersion}, sync ${sync}; Node ${report.nodeVersion}`,
  ].join('\n');
};

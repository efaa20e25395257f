// One round: a fresh nats-server, three processes, warm up, measure the load, then the idle
// latency.
import { startNatsServer, type NatsServer } from 'pawl';
import type { BenchOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { provisionBench } from './provision-bench.ts';
import { startRole, type RoleProcess } from './role-process.ts';
import type { RoleUsage } from './role.ts';
import { processCpuMs } from './server-usage.ts';
import { rounded } from './statistics.ts';

/** Who works in a round. */
export type Contestant = 'floor' | 'pawl';

/** The processes of a round, in the order in which they are shown. */
export const ROLES = ['client', 'host', 'worker'] as const;

/** One of the bench's own processes. */
export type RoleName = (typeof ROLES)[number];

/** What a round measured. */
export interface RoundResult {
  readonly lifecyclesPerSecond: number;
  /** Per lifecycle, ms. `server` is undefined where /proc is missing. */
  readonly cpuMs: Readonly<Record<RoleName, number>> & { readonly server: number | undefined };
  /** Of each idle lifecycle, ms. */
  readonly idleMs: readonly number[];
  /** Per lifecycle, sent and received. */
  readonly messages: Readonly<Record<RoleName, number>>;
  /** Per lifecycle, bodies and headers, of all roles together. */
  readonly bytes: number;
  /** The sync setting as the server tells it. */
  readonly sync: string;
  readonly serverVersion: string;
}

/** Enough for the engines to have compiled what is hot. */
const WARM_UP_LIFECYCLES = 8000;

type Processes = Readonly<Record<RoleName, RoleProcess>>;
type Usages = Readonly<Record<RoleName, RoleUsage>> & { readonly serverMs: number | undefined };

const usagesOf = async (processes: Processes, server: NatsServer): Promise<Usages> => {
  const [client, host, worker, serverMs] = await Promise.all([
    processes.client.usage(),
    processes.host.usage(),
    processes.worker.usage(),
    processCpuMs(server.pid),
  ]);
  return { client, host, worker, serverMs };
};

const startRoles = async (
  contestant: Contestant,
  url: string,
  { profileFolder }: BenchOptions,
): Promise<Processes> => {
  const start = (role: RoleName): Promise<RoleProcess> =>
    startRole({ name: `${contestant}-${role}`, url, profileFolder });
  // One after the other: whoever listens must be there before somebody speaks.
  const worker = await start('worker');
  const host = await start('host');
  const client = await start('client');
  return { client, host, worker };
};

interface SyncConfig {
  readonly jetstream?: {
    readonly config?: { readonly sync_interval?: number; readonly sync_always?: boolean };
  };
}

const syncOf = async ({ monitorUrl }: NatsServer): Promise<string> => {
  const answer = await fetch(new URL('/varz', monitorUrl));
  const { sync_always: isAlways, sync_interval: nanos = 0 } =
    ((await answer.json()) as SyncConfig).jetstream?.config ?? {};
  return isAlways === true ? 'always' : `every ${nanos / 1e9} s`;
};

const measure = async (
  processes: Processes,
  server: NatsServer,
  { lifecycles, inFlight, idleSamples }: BenchOptions,
  progress: Progress,
): Promise<Omit<RoundResult, 'sync' | 'serverVersion'>> => {
  const { client } = processes;
  const load = { first: 0, lifecycles: WARM_UP_LIFECYCLES, inFlight };
  await client.run(load, () => undefined);
  const before = await usagesOf(processes, server);
  const { seconds } = await client.run(
    { first: WARM_UP_LIFECYCLES, lifecycles, inFlight },
    (done) => progress.advance(done),
  );
  const after = await usagesOf(processes, server);
  const idle = { first: WARM_UP_LIFECYCLES + lifecycles, lifecycles: idleSamples, inFlight: 1 };
  const { latenciesMs } = await client.run(idle, () => undefined);
  const each = (role: RoleName): number => (after[role].cpuMs - before[role].cpuMs) / lifecycles;
  const isKnown = before.serverMs !== undefined && after.serverMs !== undefined;
  const messagesOf = (role: RoleName): number => {
    const { messagesIn, messagesOut } = after[role];
    return (
      (messagesIn + messagesOut - before[role].messagesIn - before[role].messagesOut) / lifecycles
    );
  };
  const bytesOf = (role: RoleName): number =>
    after[role].bytesIn + after[role].bytesOut - before[role].bytesIn - before[role].bytesOut;
  return {
    lifecyclesPerSecond: lifecycles / seconds,
    cpuMs: {
      client: each('client'),
      host: each('host'),
      worker: each('worker'),
      server: isKnown ? (after.serverMs - before.serverMs) / lifecycles : undefined,
    },
    idleMs: latenciesMs,
    messages: {
      client: messagesOf('client'),
      host: messagesOf('host'),
      worker: messagesOf('worker'),
    },
    bytes: (bytesOf('client') + bytesOf('host') + bytesOf('worker')) / lifecycles,
  };
};

/** Runs one round. */
export const runRound = async (
  contestant: Contestant,
  title: string,
  options: BenchOptions,
  progress: Progress,
): Promise<RoundResult> => {
  progress.begin(title, options.lifecycles);
  const { sync: syncInterval } = options;
  const server = await startNatsServer({
    monitoring: true,
    ...(syncInterval !== undefined && { syncInterval }),
  });
  try {
    const sync = await syncOf(server);
    await provisionBench(server.url);
    const processes = await startRoles(contestant, server.url, options);
    const measured = await measure(processes, server, options, progress);
    await Promise.all(ROLES.map((role) => processes[role].stop()));
    progress.end(`${rounded(measured.lifecyclesPerSecond, 0)} lifecycles/s`);
    return { ...measured, sync, serverVersion: server.version };
  } finally {
    await server.stop();
  }
};

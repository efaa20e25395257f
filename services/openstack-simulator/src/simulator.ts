// Puts the simulated cloud together and starts it.
import { setTimeout as wait } from 'node:timers/promises';
import { createAccount } from './account.ts';
import { createAdminRoutes } from './admin.ts';
import { createVolumeRoutes } from './block-storage.ts';
import { createCatalog } from './catalog.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { createComputeRoutes } from './compute.ts';
import { discoveryRoutes } from './discovery.ts';
import { createDispatcher } from './dispatcher.ts';
import { createDurationOf } from './durations.ts';
import type { Durations } from './durations.ts';
import type { FailureRule } from './failure-rule.ts';
import { FailurePlan } from './failures.ts';
import type { FailureReport } from './failures.ts';
import { openHttpServer } from './http-server.ts';
import { createIdentityRoutes } from './identity.ts';
import { createImageRoutes } from './image.ts';
import { Ledger } from './ledger.ts';
import type { LedgerEntry, LedgerFilter } from './ledger.ts';
import { ProvisioningPeaks } from './provisioning.ts';
import type { Provisioning } from './provisioning.ts';
import { resourcesAt } from './resources.ts';
import type { Resources } from './resources.ts';
import { createSeeded } from './seeded.ts';
import { ServerStore } from './servers.ts';
import { TokenStore } from './tokens.ts';
import { VolumeStore } from './volumes.ts';

/** How to start the simulator; everything has a default. */
export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Decides jitter, rates, ids and latencies; default 1. */
  readonly seed?: number;
  readonly durations?: Partial<Durations>;
  readonly failures?: readonly FailureRule[];
  /** How long every call takes: a time, or the shortest and the longest. Default 0. */
  readonly latencyMs?: number | readonly [shortest: number, longest: number];
  /** How long a token holds; default one hour. */
  readonly tokenLifetimeMs?: number;
  readonly username?: string;
  readonly password?: string;
  readonly projectName?: string;
  readonly clock?: Clock;
  /** Told of the simulator's own errors; by default they are thrown, which ends the process. */
  readonly onError?: (error: unknown) => void;
}

/** A simulator that runs. */
export interface OpenStackSimulator {
  /** Scheme, host and port. */
  readonly url: string;
  /** Keystone v3, where clients log in. */
  readonly identityUrl: string;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
  readonly projectId: string;
  /** Domain of user and project: its id is `default`. */
  readonly domainName: string;
  /** The mutating calls so far, oldest first. */
  ledger(filter?: LedgerFilter): LedgerEntry[];
  clearLedger(): void;
  /** What exists now. */
  resources(): Resources;
  /** How many servers and volumes are being made now, and the most there were at a time. */
  provisioning(): Provisioning;
  /** Forgets the peaks: the next ones begin with what is being made now. */
  clearProvisioning(): void;
  /** Puts a rule in force; the returned function removes it. Throws a TypeError on a bad rule. */
  failWhen(rule: FailureRule): () => void;
  /** The rules in force and how often they struck. */
  failures(): FailureReport[];
  clearFailures(): void;
  /** Ends every token: the next call of each client is answered 401. */
  expireTokens(): void;
  /** Cuts every connection and frees the port. May be called twice. */
  stop(): Promise<void>;
}

const rethrow = (error: unknown): void => {
  queueMicrotask(() => {
    throw error;
  });
};

/**
 * Starts a simulated OpenStack cloud on this machine.
 * @throws RangeError, TypeError on bad options; rejects when the port is taken.
 */
export const startOpenStackSimulator = async (
  options: SimulatorOptions = {},
): Promise<OpenStackSimulator> => {
  const { clock = systemClock, latencyMs = 0, host = '127.0.0.1' } = options;
  const seeded = createSeeded(options.seed ?? 1);
  const { username = 'demo', password = 'secret', projectName = 'demo' } = options;
  const account = createAccount({ username, password, projectName }, seeded);
  const durationOf = createDurationOf(options.durations ?? {}, seeded);
  const tokens = new TokenStore(options.tokenLifetimeMs ?? 3_600_000, seeded);
  const volumes = new VolumeStore(durationOf, seeded);
  const servers = new ServerStore(durationOf, seeded);
  const peaks = new ProvisioningPeaks({ projectId: account.projectId, servers, volumes });
  const plan = new FailurePlan(seeded);
  const ledger = new Ledger();
  for (const rule of options.failures ?? []) plan.add(rule);

  const [shortest, longest] = typeof latencyMs === 'number' ? [latencyMs, latencyMs] : latencyMs;
  if (!(shortest >= 0 && longest >= shortest))
    throw new RangeError(`latencyMs is ${String(latencyMs)}: it must be at least 0 and in order`);
  let calls = 0;
  const stopping = new AbortController();
  const pause = async (extraMs: number): Promise<void> => {
    calls += 1;
    const share = seeded.fraction('latency', calls);
    const ms = shortest + share * (longest - shortest) + extraMs;
    if (ms > 0) await wait(ms, undefined, { signal: stopping.signal });
  };

  const existing = (now: number): Resources => resourcesAt(servers, volumes, now);
  const catalogOf = createCatalog(account, seeded);
  const onError = options.onError ?? rethrow;
  const server = await openHttpServer({
    host,
    port: options.port ?? 0,
    requestIdOf: (count) => `req-${seeded.uuid('request', count)}`,
    // What stop() cuts short is no error.
    onError: (error) => {
      if (!stopping.signal.aborted) onError(error);
    },
    dispatch: createDispatcher({
      clock,
      tokens,
      plan,
      ledger,
      pause,
      routes: [
        ...discoveryRoutes,
        ...createIdentityRoutes({ account, tokens, seeded, catalogOf }),
        ...createComputeRoutes({ account, servers, volumes, peaks, seeded }),
        ...createVolumeRoutes(account, volumes, peaks),
        ...createImageRoutes(account),
        ...createAdminRoutes({ ledger, plan, peaks, tokens, resourcesAt: existing }),
      ],
    }),
  });

  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    identityUrl: `${server.url}/identity/v3`,
    username,
    password,
    projectName,
    projectId: account.projectId,
    domainName: account.domainName,
    ledger: (filter) => ledger.read(filter),
    clearLedger: () => {
      ledger.clear();
    },
    resources: () => existing(clock.now()),
    provisioning: () => peaks.read(clock.now()),
    clearProvisioning: () => {
      peaks.clear(clock.now());
    },
    failWhen: (rule) => {
      const id = plan.add(rule);
      return () => {
        plan.remove(id);
      };
    },
    failures: () => plan.list(),
    clearFailures: () => {
      plan.remove();
    },
    expireTokens: () => {
      tokens.expireAll();
    },
    stop: () => {
      stopping.abort();
      stopped ??= server.close();
      return stopped;
    },
  };
};

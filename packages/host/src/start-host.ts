// Starts a host: embeds the actors of a service in a process.
import {
  BoundedMap,
  checkName,
  fold,
  foldTwice,
  limitLog,
  logConnection,
  silentLog,
  systemClock,
  type Clock,
  type Fold,
  type Log,
  type Ports,
  type RegisterOptions,
  type Schedule,
} from '@pawl/core';
import {
  createCounters,
  type HostContext,
  type HostCounters,
  type HostLimits,
} from './host-context.ts';
import {
  BUILT_IN_SERVICE,
  builtInMachines,
  MachineCatalog,
  type MachinesByType,
} from './machine-catalog.ts';
import { declareSchedules, type ScheduleReport } from './schedule/declare-schedules.ts';
import { ServiceHost } from './service-host.ts';
import { StreamWatch } from './stream-watch.ts';

/** Options of `startHost`. */
export interface HostOptions {
  readonly ports: Ports;
  /** The service that owns the types. */
  readonly service: string;
  /** By type: a machine, or several versions of it, oldest first. None: for schedules alone. */
  readonly machines: MachinesByType;
  /** Unique among the hosts of the service. Default: random. */
  readonly name?: string;
  /** Fold every step twice and compare: for development and tests. Default false. */
  readonly checkSteps?: boolean;
  /** Also host the built-in types, as every host does. Default true. */
  readonly builtIns?: boolean;
  /** Another fold, for tests that watch each step or plant a defect. Default: the fold. */
  readonly fold?: Fold;
  /** How machines are checked and given a version. Default: as in production. */
  readonly register?: RegisterOptions;
  /** Bounds. Default: see below, each for itself. */
  readonly limits?: Partial<HostLimits>;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Called with each line; of trouble that repeats, with a count. Default: silence. */
  readonly log?: Log;
  /** What is run when. Brought in line when the host starts. Default: nothing. */
  readonly schedules?: readonly Schedule[];
}

/** A running host. */
export interface Host {
  readonly name: string;
  readonly service: string;
  /** Partitions that it has, by service. */
  held(): Readonly<Record<string, readonly number[]>>;
  counters(): Readonly<HostCounters>;
  /** What declaring the schedules did. */
  readonly schedules: ScheduleReport;
  /**
   * Finishes what it has taken, saves, acknowledges, and gives its partitions away. Ends within
   * `limits.stopMs` and a little: what is left then comes again to the next host, and is logged.
   */
  stop(): Promise<void>;
}

/** What became of so many entries is remembered, for senders that ask again. */
const OUTCOMES_MAX = 10_000;

const LIMITS: HostLimits = {
  snapshotDelayMs: 200,
  unsavedMax: 2500,
  residentsMax: 5000,
  sweepEveryMs: 60_000,
  watchEveryMs: 1000,
  refusedMaxMs: 60_000,
  stopMs: 10_000,
};

const randomName = (): string => `host-${crypto.randomUUID().slice(0, 8)}`;

/**
 * Starts a host. Throws `machine-invalid`, `machine-changed` or `type-claimed` before anything is
 * hosted, and whatever the broker refuses.
 */
export const startHost = async (options: HostOptions): Promise<Host> => {
  const { ports, service, name = randomName(), clock = systemClock } = options;
  const log = limitLog(options.log ?? silentLog, clock);
  checkName('service', service);
  checkName('host', name);
  const identity = await ports.journal.identity();
  const counters = createCounters();
  const startedAt = clock.now();
  const catalogs = new Map<string, MachineCatalog>();
  // First: a machine of the user can never take the place of one that every host needs.
  if (options.builtIns !== false && service !== BUILT_IN_SERVICE)
    catalogs.set(BUILT_IN_SERVICE, new MachineCatalog(builtInMachines));
  catalogs.set(service, new MachineCatalog(options.machines, options.register));
  const versionFor = createVersionFinder(ports, clock, [...catalogs.values()]);
  const limits = { ...LIMITS, ...options.limits };
  // Without a type there is nothing to pull: such a host only declares schedules.
  const hosted = [...catalogs].filter(([, catalog]) => catalog.types.length > 0);
  const services = hosted.map(([each, catalog]): [string, ServiceHost] => {
    const context: HostContext = {
      ports,
      clock,
      log,
      service: each,
      host: name,
      startedAt,
      catalog,
      identity,
      streams: new StreamWatch(ports.visits, log),
      limits,
      fold: options.fold ?? (options.checkSteps === true ? foldTwice : fold),
      versionFor,
      counters,
      outcomes: new BoundedMap(OUTCOMES_MAX),
    };
    return [each, new ServiceHost(context)];
  });
  for (const [, host] of services) await host.register();
  const schedules = await declareSchedules({ ports, service, schedules: options.schedules ?? [] });
  logReport(log, schedules);
  const connectionLog = logConnection(ports.bus, clock, log);
  const stop = async (): Promise<void> => {
    await Promise.all(services.map(([, host]) => host.stop()));
    connectionLog.stop();
  };
  try {
    for (const [, host] of services) await host.start();
  } catch (error) {
    await stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    name,
    service,
    schedules,
    held: () => Object.fromEntries(services.map(([each, host]) => [each, host.held])),
    counters: () => ({ ...counters }),
    stop: () => (stopping ??= stop()),
  };
};

/** Says what became of the schedules. */
const logReport = (log: Log, { created, changed, unchanged, undeclared }: ScheduleReport): void => {
  if (created.length + changed.length > 0)
    log('info', 'Schedules declared', { created, changed, unchanged });
  if (undeclared.length > 0)
    log('warn', 'Schedules that the code does not declare any more go on: pawl schedules rm', {
      undeclared,
    });
};

const VERSION_KEPT_MS = 5000;

/** Finds the newest version of a type: this host's own, else what the registry says. */
const createVersionFinder = (
  ports: Ports,
  clock: Clock,
  catalogs: readonly MachineCatalog[],
): HostContext['versionFor'] => {
  const known = new Map<string, { readonly version: string | undefined; readonly at: number }>();
  return async (type) => {
    for (const catalog of catalogs) {
      const own = catalog.newest(type);
      if (own !== undefined) return own.version;
    }
    const cached = known.get(type);
    if (cached !== undefined && clock.now() - cached.at < VERSION_KEPT_MS) return cached.version;
    const version = (await ports.registry.machines(type)).at(-1)?.version;
    known.set(type, { version, at: clock.now() });
    return version;
  };
};

// Binds hosts, workers and clients to JetStream: users hand in a connection, never ports.
import {
  openClient as openClientOnPorts,
  openOperator as openOperatorOnPorts,
  type Client,
  type ClientOptions,
  type Operator,
  type OperatorOptions,
} from '@pawl/client';
import type { Ports } from '@pawl/core';
import {
  BUILT_IN_SERVICE,
  startHost as startHostOnPorts,
  type Host,
  type HostOptions,
} from '@pawl/host';
import {
  checkConnection,
  openPorts,
  provision,
  type Connection,
  type TopologyOptions,
} from '@pawl/jetstream';
import {
  startProjection as startProjectionOnPorts,
  startRelay as startRelayOnPorts,
  type ProjectionRunOptions,
  type Relay,
  type RelayOptions,
  type RunningProjection,
} from '@pawl/outbox';
import {
  builtInTasks,
  startWorker as startWorkerOnPorts,
  type Worker,
  type WorkerOptions,
} from '@pawl/worker';
import { startPatiently } from './patient-start.ts';

/** What every part needs instead of ports. */
export interface Bound {
  /** From `connect()`. */
  readonly connection: Connection;
  /** First token of all subjects, and of streams and buckets. Default `pawl`. */
  readonly prefix?: string;
}

type WithoutPorts<Options> = Omit<Options, 'ports'> & Bound;

/** One set of ports for each connection and prefix: inboxes and pending acks are shared. */
const openedPorts = new WeakMap<Connection, Map<string, Ports>>();

/** The ports of a connection: for tools that need more than a client gives. */
export const portsOf = ({ connection, prefix = 'pawl' }: Bound): Ports => {
  checkConnection(connection);
  let byPrefix = openedPorts.get(connection);
  if (byPrefix === undefined) openedPorts.set(connection, (byPrefix = new Map<string, Ports>()));
  let ports = byPrefix.get(prefix);
  if (ports === undefined) byPrefix.set(prefix, (ports = openPorts(connection, { prefix })));
  return ports;
};

/** Options of `startHost`. */
export interface BoundHostOptions extends WithoutPorts<HostOptions> {
  /**
   * Create missing streams and buckets, with these settings. `false`: an operator did that.
   * Default: create them.
   */
  readonly topology?: Omit<TopologyOptions, 'prefix'> | false;
  /**
   * Also serve the commands of the built-in types, such as the coming times of a schedule. Goes
   * with `builtIns`. Default true; some host of the installation has to.
   */
  readonly builtInWorker?: boolean;
}

/**
 * Starts a host: embeds the actors of a service in this process. While a cluster elects its leaders
 * it is tried again, for 30 s.
 */
export const startHost = (options: BoundHostOptions): Promise<Host> => {
  checkConnection(options.connection);
  const what = `The start of a host of ${options.service}`;
  return startPatiently(what, () => startHostOnce(options), options);
};

const startHostOnce = async (options: BoundHostOptions): Promise<Host> => {
  const { connection, prefix, topology = {}, builtInWorker, ...rest } = options;
  if (topology !== false)
    await provision(connection, { ...topology, ...(prefix !== undefined && { prefix }) });
  const ports = portsOf(options);
  const host = await startHostOnPorts({ ...rest, ports });
  if (!(builtInWorker ?? rest.builtIns ?? true)) return host;
  const worker = await startBuiltInWorker(ports, rest).catch(async (error: unknown) => {
    await host.stop();
    throw error;
  });
  return {
    ...host,
    stop: async () => {
      try {
        await worker.stop();
      } finally {
        await host.stop();
      }
    },
  };
};

const startBuiltInWorker = (
  ports: Ports,
  { clock, log }: Pick<HostOptions, 'clock' | 'log'>,
): Promise<Worker> =>
  startWorkerOnPorts({
    ports,
    service: BUILT_IN_SERVICE,
    tasks: builtInTasks(ports),
    slots: BUILT_IN_SLOTS,
    ...(clock !== undefined && { clock }),
    ...(log !== undefined && { log }),
  });

/** All that the built-in types command is background work. */
const BUILT_IN_SLOTS = { regular: 0, heavy: 0, background: 4 };

/** Options of `startWorker`. */
export type BoundWorkerOptions = WithoutPorts<WorkerOptions>;

/**
 * Starts a worker: serves the commands of a service with tasks. While a cluster elects its leaders
 * it is tried again, for 30 s.
 */
export const startWorker = async (options: BoundWorkerOptions): Promise<Worker> => {
  const ports = portsOf(options);
  const what = `The start of a worker of ${options.service}`;
  return startPatiently(what, () => startWorkerOnPorts({ ...options, ports }), options);
};

/** Options of `openClient`. */
export type BoundClientOptions = WithoutPorts<ClientOptions>;

/** Opens a client: creates actors, sends events, reads states. */
export const openClient = (options: BoundClientOptions): Client =>
  openClientOnPorts({ ...options, ports: portsOf(options) });

/** Options of `openOperator`. */
export type BoundOperatorOptions = WithoutPorts<OperatorOptions>;

/** Opens an operator: mends actors, redrives dead letters, finds what is stuck. */
export const openOperator = (options: BoundOperatorOptions): Operator =>
  openOperatorOnPorts({ ...options, ports: portsOf(options) });

/** Options of `startRelay`. */
export type BoundRelayOptions = WithoutPorts<RelayOptions>;

/** Starts a relay: publishes what committed transactions have left in a database's outbox. */
export const startRelay = (options: BoundRelayOptions): Promise<Relay> =>
  startRelayOnPorts({ ...options, ports: portsOf(options) });

/** Options of `startProjection`. */
export type BoundProjectionOptions = WithoutPorts<ProjectionRunOptions>;

/** Starts a projection: keeps a table of a database in step with the states of actors. */
export const startProjection = (options: BoundProjectionOptions): Promise<RunningProjection> =>
  startProjectionOnPorts({ ...options, ports: portsOf(options) });

// The broker of a fault run: one nats-server or three in a cluster, each to be killed and frozen.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  PawlError,
  provision,
  startNatsServer,
  type Connection,
  type NatsServer,
} from 'pawl';
import { freePort } from '@pawl/testing';
import type { Random } from '@pawl/testing/simulation';
import { until } from './until.ts';

/** A broker of one or three servers. */
export interface Broker {
  /** All addresses, for clients. */
  readonly servers: readonly string[];
  readonly nodes: readonly NatsServer[];
  /** A connection that this run closes itself at the end. */
  open(name: string): Promise<Connection>;
  /** Makes another replica the leader of a stream or consumer. Returns which. */
  stepDown(random: Random): Promise<string>;
  stop(): Promise<void>;
}

/** How it is laid out. */
export interface BrokerOptions {
  readonly nodes: 1 | 3;
  readonly partitions: number;
  /** The disk is full when JetStream stores so many bytes. Default: the machine's own. */
  readonly storeBytesMax?: number;
}

/** A small disk: the server's own limit, which refuses as a full one does, but says so sooner. */
const startSmall = async (bytes: number): Promise<NatsServer> => {
  const storeDirectory = await mkdtemp(join(tmpdir(), 'pawl-small-disk-'));
  const server = await startNatsServer({
    storeDirectory,
    jetstream: false,
    configuration: `jetstream { store_dir: ${JSON.stringify(storeDirectory)}, max_file_store: ${bytes} }`,
  });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(storeDirectory, { recursive: true, force: true });
    },
  };
};

const startNodes = async ({ nodes, storeBytesMax }: BrokerOptions): Promise<NatsServer[]> => {
  if (storeBytesMax !== undefined) return [await startSmall(storeBytesMax)];
  if (nodes === 1) return [await startNatsServer()];
  const routes = await Promise.all([freePort(), freePort(), freePort()]);
  return Promise.all(
    routes.map((port, index) =>
      startNatsServer({
        name: `node-${index}`,
        cluster: { name: 'fault', port, routes },
      }),
    ),
  );
};

const STREAMS = ['PAWL_JOURNAL', 'PAWL_TIMERS', 'PAWL_COMMANDS_REGULAR', 'KV_pawl-snapshots'];

/** Starts the servers and provisions the topology. */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const nodes = await startNodes(options);
  const servers = nodes.map(({ url }) => url);
  const connections: Connection[] = [];
  const open = async (name: string): Promise<Connection> => {
    const connection = await connect({ servers, name, connectTimeoutMs: 30_000 });
    connections.push(connection);
    return connection;
  };
  // Servers of a cluster first have to find each other and elect a leader.
  await until('the topology', 60_000, async () => {
    try {
      await provision(connections[0] ?? (await open('fault')), {
        partitions: options.partitions,
        replicas: options.nodes,
      });
      return true;
    } catch (error) {
      if (error instanceof PawlError && error.retryable) return false;
      throw error;
    }
  });
  return {
    servers,
    nodes,
    open,
    stepDown: async (random) => {
      const stream = random.pick(STREAMS);
      const partition = random.integer(0, options.partitions - 1);
      const consumer = `PAWL_JOURNAL.host-openstack-${partition}`;
      const path = random.isChance(0.5) ? `STREAM.LEADER.STEPDOWN.${stream}` : undefined;
      const subject = `$JS.API.${path ?? `CONSUMER.LEADER.STEPDOWN.${consumer}`}`;
      // Without an answer there was no leader: as good a fault as a step-down.
      await connections[0]?.nats.request(subject, '', { timeout: 2_000 }).catch(() => undefined);
      return path === undefined ? consumer : stream;
    },
    stop: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
};

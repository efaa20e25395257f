// All that the demo runs: nats-server, cloud, hosts, workers; started and stopped in order.
import type { OpenStackSimulator, SimulatorOptions } from '@pawl/openstack-simulator';
import {
  connect,
  openClient,
  provision,
  startNatsServer,
  type Client,
  type Connection,
  type NatsServer,
} from 'pawl';
import { forkChild, HOST_FILE, WORKER_FILE, type Child } from './child.ts';
import type { HostSettings, WorkerSettings } from './child-settings.ts';
import { settingsOf, startCloud } from './cloud.ts';
import type { Plan } from './plan.ts';

/** How to start it. */
export interface InstallationOptions {
  readonly plan: Plan;
  readonly cloud?: Pick<SimulatorOptions, 'seed' | 'durations'>;
  /** Default 2. */
  readonly workers?: number;
  /** Told what takes long. */
  readonly onProgress?: (line: string) => void;
}

/** A running installation. */
export interface Installation {
  readonly server: NatsServer;
  readonly cloud: OpenStackSimulator;
  readonly connection: Connection;
  readonly client: Client;
  /** Forks a host process, to be started with `hostSettings`. */
  forkHost(): Child;
  hostSettings(name: string): HostSettings;
  /** Ends everything, the last started first. */
  stop(): Promise<void>;
}

/** Starts all but the host: who kills hosts wants to start them too. */
export const startInstallation = async ({
  plan,
  cloud: cloudOptions,
  workers = 2,
  onProgress,
}: InstallationOptions): Promise<Installation> => {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const cloud = await startCloud(plan, cloudOptions);
    stops.push(() => cloud.stop());
    const server = await startNatsServer({ ...(onProgress !== undefined && { onProgress }) });
    stops.push(() => server.stop());
    const connection = await connect({ servers: server.url, name: 'demo' });
    stops.push(() => connection.drain());
    await provision(connection);
    const client = openClient({ connection, name: 'demo', by: 'demo' });
    stops.push(() => client.close());
    const forkOne = (file: URL): Child => {
      const child = forkChild(file);
      stops.push(() => child.stop());
      return child;
    };
    const hostSettings = (name: string): HostSettings => ({ server: server.url, name });
    const settingsOfWorker = (number: number): WorkerSettings => ({
      ...hostSettings(`worker-${number}`),
      cloud: settingsOf(cloud),
    });
    await Promise.all(
      Array.from({ length: workers }, (_, index) =>
        forkOne(WORKER_FILE).start(settingsOfWorker(index + 1)),
      ),
    );
    return {
      server,
      cloud,
      connection,
      client,
      forkHost: () => forkOne(HOST_FILE),
      hostSettings,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

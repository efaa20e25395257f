// A cloud of a few lines for tests in virtual time: what the scripted tasks make is on its books.
import { failed } from '@pawl/testing';
import type { TaskScripts } from '@pawl/testing';
import type { instance, volume } from '../src/index.ts';

/** The books of the cloud. */
export interface PretendCloud {
  /** Names of what exists. */
  readonly volumes: Set<string>;
  readonly servers: Set<string>;
  /** Scripts for the tasks of both machines. Each may be replaced. */
  readonly volumeTasks: Required<TaskScripts<typeof volume>>;
  readonly serverTasks: Required<TaskScripts<typeof instance>>;
}

/** The cloud says no, for good. */
export const refused = (message: string) =>
  failed({ code: 'cloud-refused', message, retryable: false });

/** A cloud where everything works at once. */
export const createPretendCloud = (): PretendCloud => {
  const volumes = new Set<string>();
  const servers = new Set<string>();
  return {
    volumes,
    servers,
    volumeTasks: {
      createVolume: ({ name }) => {
        volumes.add(name);
        return { backendId: `id-of-${name}` };
      },
      waitVolume: () => ({ status: 'available' }),
      deleteVolume: ({ name }) => {
        volumes.delete(name);
        return {};
      },
      waitVolumeGone: () => ({}),
      pull: ({ name, backendId = `id-of-${name}` }) =>
        volumes.has(name)
          ? { backendId, status: 'available', sizeGiB: 20 }
          : failed({ code: 'volume-missing', retryable: false }),
    },
    serverTasks: {
      createServer: ({ name }) => {
        servers.add(name);
        return { serverId: `id-of-${name}` };
      },
      waitServer: () => ({ status: 'ACTIVE' }),
      deleteServer: ({ name }) => {
        servers.delete(name);
        return {};
      },
      waitServerGone: () => ({}),
      pull: ({ name, serverId = `id-of-${name}` }) =>
        servers.has(name)
          ? { serverId, status: 'ACTIVE' }
          : failed({ code: 'server-missing', retryable: false }),
    },
  };
};

// The client of one project of one cloud, and how a reference to settings leads to it.
import { permanentError } from 'pawl';
import { createBlockStorage } from './block-storage.ts';
import type { BlockStorage } from './block-storage.ts';
import type { CloudSettings } from './cloud-settings.ts';
import { createCloudSession } from './cloud-session.ts';
import { createCompute } from './compute.ts';
import type { Compute } from './compute.ts';

/** All calls that the tasks make. */
export interface OpenStackClient extends BlockStorage, Compute {}

/** Finds the client for the reference that a command carries. */
export type ClientsBySettings = (settings: string) => OpenStackClient;

/** Creates a client. It logs in with its first call, and again when its token has ended. */
export const createOpenStackClient = (settings: CloudSettings): OpenStackClient => {
  const session = createCloudSession(settings);
  return { ...createBlockStorage(session), ...createCompute(session) };
};

/** One client for each named settings: `clientsOf({ default: { authUrl, … } })`. */
export const clientsOf = (clouds: Readonly<Record<string, CloudSettings>>): ClientsBySettings => {
  const clients = new Map(
    Object.entries(clouds).map(([name, settings]) => [name, createOpenStackClient(settings)]),
  );
  return (name) => {
    const client = clients.get(name);
    if (client !== undefined) return client;
    const known = [...clients.keys()].join(', ');
    throw permanentError(
      'settings-unknown',
      `This worker has no settings ${JSON.stringify(name)}. It has: ${known}.`,
    );
  };
};

// Nova 2.1, as far as servers need it, and the two catalogs that a server is chosen from.
import { permanentError } from 'pawl';
import { z } from 'zod';
import type { CloudSession } from './cloud-session.ts';

/** A server as Nova shows it. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  /** `BUILD`, `ACTIVE`, `ERROR`, … Nova keeps it while it deletes. */
  readonly status: string;
  /** `spawning`, `deleting`, …; null when nothing is under way. */
  readonly taskState: string | null;
  /** Why it is in `ERROR`. */
  readonly fault: { readonly code: number; readonly message: string } | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** What a new server is to be. It boots from the first volume. */
export interface ServerWish {
  readonly name: string;
  readonly flavorId: string;
  /** Ids of volumes that exist, in the order of the disks. */
  readonly volumeIds: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The calls to Nova and Glance. */
export interface Compute {
  findServers(name: string, signal?: AbortSignal): Promise<CloudServer[]>;
  getServer(id: string, signal?: AbortSignal): Promise<CloudServer | undefined>;
  /** Returns the id: Nova says no more. */
  createServer(wish: ServerWish, signal?: AbortSignal): Promise<string>;
  /** False: it was not there. */
  deleteServer(id: string, signal?: AbortSignal): Promise<boolean>;
  /** The id of a flavor, given its id or its name. Throws `flavor-unknown`. */
  resolveFlavor(flavor: string, signal?: AbortSignal): Promise<string>;
  /** The id of an image, given its id or its name. Throws `image-unknown`. */
  resolveImage(image: string, signal?: AbortSignal): Promise<string>;
}

const serverShape = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    'OS-EXT-STS:task_state': z.string().nullish(),
    fault: z.object({ code: z.number(), message: z.string() }).optional(),
    metadata: z.record(z.string(), z.string()),
    created: z.string(),
  })
  .transform(
    ({ id, name, status, fault, metadata, created, 'OS-EXT-STS:task_state': taskState }) =>
      ({
        ...{ id, name, status, fault, metadata },
        taskState: taskState ?? null,
        createdAt: created,
      }) satisfies CloudServer,
  );

const oneServer = z.object({ server: serverShape });
const serverList = z.object({ servers: z.array(serverShape) });
const createdServer = z.object({ server: z.object({ id: z.string() }) });
const named = z.array(z.object({ id: z.string(), name: z.string().nullable() }));

/** Our disks outlive the server: their own actors delete them. */
const deviceOf = (uuid: string, index: number): object => ({
  uuid,
  source_type: 'volume',
  destination_type: 'volume',
  boot_index: index === 0 ? 0 : -1,
  delete_on_termination: false,
});

/** One of a list by id or by name. An id wins, a name must be unique. */
const pick = (kind: string, wanted: string, list: z.infer<typeof named>): string => {
  if (list.some(({ id }) => id === wanted)) return wanted;
  const [first, second] = list.filter(({ name }) => name === wanted);
  if (first !== undefined && second === undefined) return first.id;
  const names = list.map(({ name, id }) => name ?? id).join(', ');
  throw permanentError(
    `${kind}-unknown`,
    first === undefined
      ? `The cloud has no ${kind} ${wanted}. It has: ${names}.`
      : `The cloud has more than one ${kind} of the name ${wanted}: use its id.`,
  );
};

/** Creates the calls to Nova and Glance. */
export const createCompute = (session: CloudSession): Compute => {
  const service = 'compute';
  return {
    findServers: async (name, signal) => {
      // Nova's filter is a regular expression, matched anywhere in the name.
      const pattern = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
      const path = `/servers/detail?${new URLSearchParams({ name: pattern }).toString()}`;
      const { servers } = await session.read({ service, method: 'GET', path, signal }, serverList);
      return servers.filter((server) => server.name === name);
    },
    getServer: async (id, signal) => {
      const path = `/servers/${id}`;
      const found = await session.readIfThere({ service, method: 'GET', path, signal }, oneServer);
      return found?.server;
    },
    createServer: async ({ name, flavorId, volumeIds, metadata }, signal) => {
      const devices = volumeIds.map(deviceOf);
      const server = { name, flavorRef: flavorId, metadata, block_device_mapping_v2: devices };
      const call = { service, method: 'POST', path: '/servers', body: { server }, signal } as const;
      return (await session.read(call, createdServer)).server.id;
    },
    deleteServer: (id, signal) =>
      session.act({ service, method: 'DELETE', path: `/servers/${id}`, signal }),
    resolveFlavor: async (flavor, signal) => {
      const call = { service, method: 'GET', path: '/flavors', signal } as const;
      const { flavors } = await session.read(call, z.object({ flavors: named }));
      return pick('flavor', flavor, flavors);
    },
    resolveImage: async (image, signal) => {
      const call = { service: 'image', method: 'GET', path: '/v2/images', signal } as const;
      const { images } = await session.read(call, z.object({ images: named }));
      return pick('image', image, images);
    },
  };
};

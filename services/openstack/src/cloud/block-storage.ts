// Cinder v3, as far as volumes need it.
import { z } from 'zod';
import type { CloudSession } from './cloud-session.ts';

/** A volume as Cinder shows it. */
export interface CloudVolume {
  readonly id: string;
  readonly name: string;
  /** `creating`, `available`, `in-use`, `deleting`, `error`, `error_deleting`, … */
  readonly status: string;
  readonly sizeGiB: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** What a new volume is to be. */
export interface VolumeWish {
  readonly name: string;
  readonly sizeGiB: number;
  /** Id of the image that the volume starts from, for a disk that a server boots from. */
  readonly imageId?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The calls to Cinder. */
export interface BlockStorage {
  findVolumes(name: string, signal?: AbortSignal): Promise<CloudVolume[]>;
  getVolume(id: string, signal?: AbortSignal): Promise<CloudVolume | undefined>;
  createVolume(wish: VolumeWish, signal?: AbortSignal): Promise<CloudVolume>;
  /** False: it was not there. Cinder takes it only when it is `available` or `error`. */
  deleteVolume(id: string, signal?: AbortSignal): Promise<boolean>;
  /** For volumes that Cinder failed to delete. Many clouds leave it to administrators. */
  forceDeleteVolume(id: string, signal?: AbortSignal): Promise<boolean>;
}

const volumeShape = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    status: z.string(),
    size: z.number(),
    metadata: z.record(z.string(), z.string()).default({}),
    created_at: z.string(),
  })
  .transform(({ created_at: createdAt, name, size: sizeGiB, ...rest }): CloudVolume => ({
    ...rest,
    name: name ?? '',
    sizeGiB,
    createdAt,
  }));

const oneVolume = z.object({ volume: volumeShape });
const volumeList = z.object({ volumes: z.array(volumeShape) });

/** Creates the calls to Cinder. */
export const createBlockStorage = (session: CloudSession): BlockStorage => {
  const service = 'volumev3';
  return {
    findVolumes: async (name, signal) => {
      const path = `/volumes/detail?${new URLSearchParams({ name }).toString()}`;
      const { volumes } = await session.read({ service, method: 'GET', path, signal }, volumeList);
      return volumes.filter((volume) => volume.name === name);
    },
    getVolume: async (id, signal) => {
      const path = `/volumes/${id}`;
      const found = await session.readIfThere({ service, method: 'GET', path, signal }, oneVolume);
      return found?.volume;
    },
    createVolume: async ({ name, sizeGiB, imageId, metadata }, signal) => {
      const image = imageId === undefined ? {} : { imageRef: imageId };
      const body = { volume: { name, size: sizeGiB, metadata, ...image } };
      const path = '/volumes';
      const call = { service, method: 'POST', path, body, signal } as const;
      return (await session.read(call, oneVolume)).volume;
    },
    deleteVolume: (id, signal) =>
      session.act({ service, method: 'DELETE', path: `/volumes/${id}`, signal }),
    forceDeleteVolume: (id, signal) => {
      const body = { 'os-force_delete': {} };
      const path = `/volumes/${id}/action`;
      return session.act({ service, method: 'POST', path, body, signal });
    },
  };
};

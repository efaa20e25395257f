// What exists in the cloud now, in plain words, for tests and demonstrations.
import { serverStateOf } from './servers.ts';
import type { ServerStore } from './servers.ts';
import { isAttached, volumeStatusOf } from './volumes.ts';
import type { VolumeStore } from './volumes.ts';

/** A server that exists. */
export interface ServerResource {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly isDeleting: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volumeIds: readonly string[];
}

/** A volume that exists. */
export interface VolumeResource {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly sizeGiB: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** The server that holds it, null for none. */
  readonly serverId: string | null;
}

/** All that exists, oldest first. */
export interface Resources {
  readonly servers: ServerResource[];
  readonly volumes: VolumeResource[];
}

/** Lists what exists at a time; what is gone is not listed. */
export const resourcesAt = (
  servers: ServerStore,
  volumes: VolumeStore,
  now: number,
): Resources => ({
  servers: servers
    .list(now)
    .reverse()
    .map((record) => {
      const { status, isDeleting } = serverStateOf(record, now);
      const volumeIds = record.volumes.map(({ volumeId }) => volumeId);
      const { id, name, metadata } = record;
      return { id, name, status, isDeleting, metadata, volumeIds };
    }),
  volumes: volumes
    .list(now)
    .reverse()
    .map((record) => ({
      id: record.id,
      name: record.name,
      status: volumeStatusOf(record, now),
      sizeGiB: record.sizeGiB,
      metadata: record.metadata,
      serverId: isAttached(record, now) ? (record.attachment?.serverId ?? null) : null,
    })),
});

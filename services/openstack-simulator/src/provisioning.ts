// How many servers and volumes are being made at a time, and the most there ever were: the cloud's
// own word on whether its clients keep to what they promise.
import { serverStateOf } from './servers.ts';
import type { ServerStore } from './servers.ts';
import { isoTime } from './times.ts';
import { volumeStatusOf } from './volumes.ts';
import type { VolumeStore } from './volumes.ts';

/** One kind of resource. */
export interface ProvisioningCount {
  /** In BUILD, or `creating`, now. */
  readonly now: number;
  /** The most at a time since the start, or since the peaks were forgotten. */
  readonly peak: number;
  /** When the peak was first reached, ISO 8601; null as long as nothing was made. */
  readonly peakAt: string | null;
}

/** The counts of the cloud's one project. */
export interface Provisioning {
  readonly projectId: string;
  readonly servers: ProvisioningCount;
  readonly volumes: ProvisioningCount;
  /** Both kinds together: its peak is at most the sum of theirs. */
  readonly total: ProvisioningCount;
}

type Kind = 'servers' | 'volumes' | 'total';

interface Peak {
  readonly count: number;
  readonly atMs: number;
}

/** What the counts are taken from. */
export interface ProvisioningParts {
  readonly projectId: string;
  readonly servers: ServerStore;
  readonly volumes: VolumeStore;
}

/**
 * Keeps the peaks. A count rises only when something is made, so it is enough to be told then; what
 * has settled by then, or is being deleted, does not count.
 */
export class ProvisioningPeaks {
  readonly #parts: ProvisioningParts;
  readonly #peaks = new Map<Kind, Peak>();

  constructor(parts: ProvisioningParts) {
    this.#parts = parts;
  }

  /** Something has just been made. */
  onMade(now: number): void {
    const counts = this.#countsAt(now);
    for (const kind of ['servers', 'volumes', 'total'] as const)
      if (counts[kind] > (this.#peaks.get(kind)?.count ?? 0))
        this.#peaks.set(kind, { count: counts[kind], atMs: now });
  }

  /** The counts at a time, with the peaks so far. */
  read(now: number): Provisioning {
    const counts = this.#countsAt(now);
    const countOf = (kind: Kind): ProvisioningCount => {
      const { count, atMs } = this.#peaks.get(kind) ?? { count: 0, atMs: undefined };
      return {
        now: counts[kind],
        peak: count,
        peakAt: atMs === undefined ? null : isoTime(atMs),
      };
    };
    return {
      projectId: this.#parts.projectId,
      servers: countOf('servers'),
      volumes: countOf('volumes'),
      total: countOf('total'),
    };
  }

  /** Forgets the peaks: the next ones begin with what is being made now. */
  clear(now: number): void {
    this.#peaks.clear();
    this.onMade(now);
  }

  #countsAt(now: number): Readonly<Record<Kind, number>> {
    const servers = this.#parts.servers.list(now).filter((record) => {
      const { status, isDeleting } = serverStateOf(record, now);
      return status === 'BUILD' && !isDeleting;
    }).length;
    const volumes = this.#parts.volumes
      .list(now)
      .filter((record) => volumeStatusOf(record, now) === 'creating').length;
    return { servers, volumes, total: servers + volumes };
  }
}

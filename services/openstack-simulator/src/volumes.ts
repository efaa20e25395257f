// The volumes of the cloud: what was asked of each, and the status that follows from it now.
import type { DurationOf } from './durations.ts';
import type { Seeded } from './seeded.ts';

/** What a volume is made of. */
export interface VolumeSpec {
  readonly name: string | null;
  readonly description: string | null;
  readonly sizeGiB: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly imageId: string | null;
  readonly availabilityZone: string;
  readonly multiattach: boolean;
  readonly volumeType: string;
}

/** A volume that a server holds, until a time that is known once the server is being deleted. */
export interface Attachment {
  readonly id: string;
  readonly serverId: string;
  readonly device: string;
  readonly fromMs: number;
  readonly untilMs: number | undefined;
}

/** A deletion: it ends in nothing, or in `error_deleting`. */
export interface Deletion {
  readonly fromMs: number;
  readonly endMs: number;
  readonly fails: boolean;
}

/** All that is known of a volume; its status is a function of this and of the time. */
export interface VolumeRecord extends VolumeSpec {
  readonly id: string;
  readonly createdMs: number;
  readonly settledMs: number;
  readonly creationFails: boolean;
  attachment: Attachment | undefined;
  deletion: Deletion | undefined;
}

/** Cinder's words for the status, and `gone` for what answers 404. */
export type VolumeStatus =
  'creating' | 'available' | 'in-use' | 'deleting' | 'error' | 'error_deleting' | 'gone';

/** Whether a server holds the volume now. */
export const isAttached = ({ attachment }: VolumeRecord, now: number): boolean =>
  attachment !== undefined && (attachment.untilMs === undefined || now < attachment.untilMs);

/** The status of a volume at a time. */
export const volumeStatusOf = (record: VolumeRecord, now: number): VolumeStatus => {
  const { deletion } = record;
  if (deletion && now >= deletion.fromMs) {
    if (now < deletion.endMs) return 'deleting';
    return deletion.fails ? 'error_deleting' : 'gone';
  }
  if (isAttached(record, now)) return 'in-use';
  if (now < record.settledMs) return 'creating';
  return record.creationFails ? 'error' : 'available';
};

/** When the volume last changed, undefined as long as it never did. */
export const volumeUpdatedMs = (record: VolumeRecord, now: number): number | undefined => {
  const { settledMs, attachment, deletion } = record;
  const changes = [settledMs, attachment?.fromMs, attachment?.untilMs, deletion?.fromMs];
  const past = changes.filter((change) => change !== undefined && change <= now);
  return past.length > 0 ? Math.max(...past.map(Number)) : undefined;
};

/** The volumes that exist. */
export class VolumeStore {
  readonly #records = new Map<string, VolumeRecord>();
  readonly #durationOf: DurationOf;
  readonly #seeded: Seeded;
  #count = 0;

  constructor(durationOf: DurationOf, seeded: Seeded) {
    this.#durationOf = durationOf;
    this.#seeded = seeded;
  }

  /** Makes a volume that is `creating`, then `available` or `error`. */
  create(spec: VolumeSpec, now: number, fails: boolean): VolumeRecord {
    this.#count += 1;
    const id = this.#seeded.uuid('volume', this.#count);
    const record: VolumeRecord = {
      ...spec,
      id,
      createdMs: now,
      settledMs: now + this.#durationOf('createVolumeMs', id),
      creationFails: fails,
      attachment: undefined,
      deletion: undefined,
    };
    this.#records.set(id, record);
    return record;
  }

  /** The volume of an id, undefined when it is gone or never was. */
  get(id: string, now: number): VolumeRecord | undefined {
    const record = this.#records.get(id);
    if (!record || volumeStatusOf(record, now) !== 'gone') return record;
    this.#records.delete(id); // Looked at and found gone: it can never come back.
    return undefined;
  }

  /** All volumes that exist, newest first. */
  list(now: number): VolumeRecord[] {
    return [...this.#records.keys()]
      .map((id) => this.get(id, now))
      .filter((record) => record !== undefined)
      .reverse();
  }

  /** Begins a deletion. Whether the volume may be deleted is the caller's question. */
  delete(record: VolumeRecord, fromMs: number, fails: boolean): void {
    const endMs = fromMs + this.#durationOf('deleteVolumeMs', record.id);
    record.deletion = { fromMs, endMs, fails };
  }

  /** Lets a server hold a volume from now on. */
  attach(record: VolumeRecord, serverId: string, device: string, now: number): void {
    const id = this.#seeded.uuid('attachment', record.id, serverId);
    record.attachment = { id, serverId, device, fromMs: now, untilMs: undefined };
  }

  /** Settles when a server lets go of a volume, and whether that deletes it. */
  release(id: string, untilMs: number, deletes: boolean): void {
    const record = this.#records.get(id);
    if (!record?.attachment) return;
    record.attachment = { ...record.attachment, untilMs };
    if (deletes) this.delete(record, untilMs, false);
  }
}

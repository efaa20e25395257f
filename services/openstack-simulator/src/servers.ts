// The servers of the cloud: what was asked of each, and the status that follows from it now.
import type { DurationOf } from './durations.ts';
import type { Seeded } from './seeded.ts';

/** A volume that a server holds. */
export interface HeldVolume {
  readonly volumeId: string;
  readonly deleteOnTermination: boolean;
}

/** What a server is made of. */
export interface ServerSpec {
  readonly name: string;
  readonly flavorId: string;
  /** Null for a server that boots from a volume. */
  readonly imageId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly keyName: string | null;
  readonly availabilityZone: string;
  readonly securityGroups: readonly string[];
  readonly accessIpV4: string;
  readonly accessIpV6: string;
  readonly configDrive: string;
  readonly diskConfig: string;
}

/** Why a server is in ERROR. */
export interface Fault {
  readonly code: number;
  readonly message: string;
}

/** A deletion: it ends in nothing, or in ERROR with a fault. */
export interface ServerDeletion {
  readonly fromMs: number;
  readonly endMs: number;
  readonly fault: Fault | undefined;
}

/** All that is known of a server; its status is a function of this and of the time. */
export interface ServerRecord extends ServerSpec {
  readonly id: string;
  /** Counts from 1, for addresses and instance names. */
  readonly ordinal: number;
  readonly createdMs: number;
  readonly settledMs: number;
  /** Why the server is, or after its build will be, in ERROR. */
  fault: Fault | undefined;
  volumes: readonly HeldVolume[];
  deletion: ServerDeletion | undefined;
}

/** What Nova says of a server at a time; `gone` is what answers 404. */
export interface ServerState {
  readonly status: 'BUILD' | 'ACTIVE' | 'ERROR' | 'gone';
  readonly isDeleting: boolean;
  readonly fault: Fault | undefined;
  /** When the server came into this state. */
  readonly sinceMs: number;
}

/**
 * The state of a server at a time.
 * Nova keeps the status while it deletes (only the task state tells), then the server is gone.
 */
export const serverStateOf = (record: ServerRecord, now: number): ServerState => {
  const { deletion, createdMs, settledMs } = record;
  if (deletion && now >= deletion.endMs)
    return {
      status: deletion.fault ? 'ERROR' : 'gone',
      isDeleting: false,
      fault: deletion.fault,
      sinceMs: deletion.endMs,
    };
  const isDeleting = deletion !== undefined && now >= deletion.fromMs;
  // A server deleted while it builds does not become ACTIVE on its way out.
  const isBuilding = (isDeleting ? deletion.fromMs : now) < settledMs;
  return {
    status: isBuilding ? 'BUILD' : record.fault ? 'ERROR' : 'ACTIVE',
    isDeleting,
    fault: isBuilding ? undefined : record.fault,
    sinceMs: isDeleting ? deletion.fromMs : isBuilding ? createdMs : settledMs,
  };
};

/** The servers that exist. */
export class ServerStore {
  readonly #records = new Map<string, ServerRecord>();
  readonly #durationOf: DurationOf;
  readonly #seeded: Seeded;
  #count = 0;

  constructor(durationOf: DurationOf, seeded: Seeded) {
    this.#durationOf = durationOf;
    this.#seeded = seeded;
  }

  /** Makes a server that is BUILD, then ACTIVE or, with a fault, ERROR. */
  create(spec: ServerSpec, now: number, fault: Fault | undefined): ServerRecord {
    this.#count += 1;
    const id = this.#seeded.uuid('server', this.#count);
    const record: ServerRecord = {
      ...spec,
      id,
      ordinal: this.#count,
      createdMs: now,
      settledMs: now + this.#durationOf('buildMs', id),
      fault,
      volumes: [],
      deletion: undefined,
    };
    this.#records.set(id, record);
    return record;
  }

  /** The server of an id, undefined when it is gone or never was. */
  get(id: string, now: number): ServerRecord | undefined {
    const record = this.#records.get(id);
    if (!record || serverStateOf(record, now).status !== 'gone') return record;
    this.#records.delete(id); // Looked at and found gone: it can never come back.
    return undefined;
  }

  /** All servers that exist, newest first. */
  list(now: number): ServerRecord[] {
    return [...this.#records.keys()]
      .map((id) => this.get(id, now))
      .filter((record) => record !== undefined)
      .reverse();
  }

  /** Begins a deletion; returns when it ends. */
  delete(record: ServerRecord, now: number, fault: Fault | undefined): number {
    const endMs = now + this.#durationOf('deleteServerMs', record.id);
    // A server that could not be deleted stays in ERROR while the next attempt goes on.
    record.fault = record.deletion?.fault ?? record.fault;
    record.deletion = { fromMs: now, endMs, fault };
    return endMs;
  }
}

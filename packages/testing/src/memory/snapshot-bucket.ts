// The bucket of snapshots at the broker: compare-and-set, and a write never lowers the sequence.
import {
  addressKey,
  PawlError,
  type ActorAddress,
  type RecoveryMark,
  type SavedSnapshot,
  type SnapshotChanges,
  type SnapshotHeader,
  type SnapshotPosition,
  type StoredSnapshot,
} from '@pawl/core';
import { copyBytes } from './limits.ts';

/** Its identity: it is made once. */
const BUCKET = 'memory';

/** A snapshot that is gone. */
interface Removal {
  readonly actor: ActorAddress;
  readonly revision: number;
  readonly stored?: undefined;
}

/** The bucket. */
export class SnapshotBucket {
  readonly #byKey = new Map<string, StoredSnapshot>();
  /** Revisions of removals, by key. */
  readonly #removed = new Map<string, Removal>();
  readonly #recoveries = new Map<string, RecoveryMark>();
  readonly #keys = new Map<number, Set<string>>();
  #revision = 0;
  #isRefusing = false;

  /** Takes no writes, like a bucket without space. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  get all(): readonly StoredSnapshot[] {
    return [...this.#byKey.values()];
  }

  load(partition: number, actor: ActorAddress): StoredSnapshot | undefined {
    const stored = this.#byKey.get(keyOf(partition, actor));
    return stored && copySnapshot(stored);
  }

  /**
   * A revision that does not fit is no error: whoever lost looks again, and the sequence decides,
   * or a mark. Here both happen at once.
   */
  save(
    partition: number,
    header: SnapshotHeader,
    body: Uint8Array,
    known?: number,
    disproved?: number,
  ): SavedSnapshot {
    const key = keyOf(partition, header);
    if (this.#isRefusing)
      throw new PawlError('broker-refused', `The snapshots take no writes now: ${key}.`);
    const stored = this.#byKey.get(key);
    if (
      stored !== undefined &&
      stored.revision !== disproved &&
      stored.header.journal === header.journal
    ) {
      const { revision: standing, header: before } = stored;
      if (before.sequence > header.sequence) return { revision: standing, saved: false };
      if (before.parked !== undefined && header.parked === undefined && known !== standing)
        return { revision: standing, saved: false, isParked: true };
    }
    this.#revision += 1;
    const revision = this.#revision;
    this.#byKey.set(key, { header: copyHeader(header), body: copyBytes(body), revision });
    this.#removed.delete(key);
    const keys = this.#keys.get(partition) ?? new Set<string>();
    this.#keys.set(partition, keys.add(key));
    return { revision, saved: true };
  }

  /** All that was saved or removed after a position, by revision. */
  changes(type: string, after: SnapshotPosition | undefined, limit: number): SnapshotChanges {
    const known = after?.bucket === BUCKET ? after.revision : 0;
    const newer = [
      ...[...this.#byKey.values()].map((stored) => {
        const { header: actor, revision } = stored;
        return { actor, stored, revision };
      }),
      ...this.#removed.values(),
    ]
      .filter(({ actor, revision }) => actor.type === type && revision > known)
      .toSorted((left, right) => left.revision - right.revision);
    const page = newer.slice(0, limit);
    return {
      snapshots: page.flatMap(({ stored }) => (stored === undefined ? [] : copySnapshot(stored))),
      removed: page.flatMap(({ actor, stored }) => (stored === undefined ? { ...actor } : [])),
      position: { bucket: BUCKET, revision: page.at(-1)?.revision ?? known },
      hasMore: newer.length >= limit,
    };
  }

  loadRecovery(service: string, partition: number): RecoveryMark | undefined {
    const mark = this.#recoveries.get(`${service}.${partition}`);
    return mark && { ...mark };
  }

  saveRecovery(service: string, partition: number, mark: RecoveryMark | undefined): void {
    const key = `${service}.${partition}`;
    if (this.#isRefusing)
      throw new PawlError('broker-refused', `The snapshots take no writes now: ${key}.`);
    if (mark === undefined) this.#recoveries.delete(key);
    else this.#recoveries.set(key, { ...mark });
  }

  remove(partition: number, actor: ActorAddress, revision: number = Infinity): void {
    const key = keyOf(partition, actor);
    if ((this.#byKey.get(key)?.revision ?? Infinity) > revision) return;
    if (!this.#byKey.delete(key)) return;
    this.#revision += 1;
    this.#removed.set(key, { actor: { ...actor }, revision: this.#revision });
    this.#keys.get(partition)?.delete(key);
  }

  headers(partition: number, type?: string): readonly SnapshotHeader[] {
    const headers: SnapshotHeader[] = [];
    for (const key of this.#keys.get(partition) ?? []) {
      const stored = this.#byKey.get(key);
      if (stored !== undefined && (type === undefined || stored.header.type === type))
        headers.push(copyHeader(stored.header));
    }
    return headers;
  }
}

const keyOf = (partition: number, actor: ActorAddress): string =>
  `${partition} ${addressKey(actor)}`;

const copySnapshot = (stored: StoredSnapshot): StoredSnapshot => ({
  ...stored,
  header: copyHeader(stored.header),
  body: copyBytes(stored.body),
});

/** A copy: two processes never share memory. */
const copyHeader = (header: SnapshotHeader): SnapshotHeader => ({
  ...header,
  tags: [...header.tags],
  ...(header.parked !== undefined && { parked: { ...header.parked } }),
});

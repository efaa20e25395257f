// The Snapshots port: a bucket with one key per actor; large states in parts, head last.
import {
  BoundedMap,
  decodeBody,
  encodeJson,
  PawlError,
  type ActorAddress,
  type RecoveryMark,
  type SavedSnapshot,
  type SnapshotChanges,
  type SnapshotHeader,
  type SnapshotPosition,
  type Snapshots,
  type StoredSnapshot,
} from '@pawl/core';
import { nuid } from 'nats';
import type { Broker } from './broker.ts';
import { scanHeaders } from './header-scan.ts';
import { isMarker, KeyValue } from './key-value.ts';
import type { Sorted } from './foreign-key.ts';
import {
  actorOfKey,
  decodePartsMark,
  decodeSnapshotHeader,
  encodeSnapshotHeader,
  tryDecodeHeader,
  type PartsMark,
} from './snapshot-header.ts';
import { readSnapshotChanges } from './snapshot-changes.ts';
import type { StoredMessage } from './stored-messages.ts';

/** Room for the header block in a message. */
const HEADERS_MAX = 64 * 1024;
const RACES_MAX = 20;
/** What is remembered of the last saves and loads, for as many actors. */
const KNOWN_MAX = 20_000;

/** What stands in the bucket at a revision. */
interface Known {
  readonly revision: number;
  readonly sequence: number;
  readonly journal: string;
  readonly hasParts: boolean;
  readonly isParked: boolean;
}

const keyOf = (partition: number, { type, id }: ActorAddress): string =>
  `${partition}.${type}.${id}`;

/** No partition begins so: no scan of headers finds it. */
const recoveryKeyOf = (service: string, partition: number): string =>
  `_recovery.${service}.${partition}`;

/** Snapshots of one account and prefix. */
export class JetStreamSnapshots implements Snapshots {
  readonly #broker: Broker;
  readonly #bucket: KeyValue;
  readonly #known = new BoundedMap<string, Known>(KNOWN_MAX);

  /** Keys with parts that no head may name: a save of this process has failed between them. */
  readonly #headless = new Set<string>();

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#bucket = new KeyValue(broker, broker.names.snapshots);
  }

  async load(partition: number, actor: ActorAddress): Promise<StoredSnapshot | undefined> {
    const key = keyOf(partition, actor);
    let seen: number | undefined;
    for (;;) {
      const head = await this.#bucket.load(key);
      if (head === undefined) return undefined;
      const header = decodeSnapshotHeader(actor, head.headers);
      const parts = decodePartsMark(head.headers);
      const body = parts ? await this.#loadParts(key, parts) : head.body;
      if (body !== undefined) {
        const known = knownOf(actor, head);
        if (known !== undefined) this.#known.set(key, known);
        return { header, body, revision: head.sequence };
      }
      // Parts go when a newer head is there; the same head twice means that they are lost.
      if (seen === head.sequence) throw partsLost(actor);
      seen = head.sequence;
    }
  }

  async save(
    partition: number,
    header: SnapshotHeader,
    body: Uint8Array,
    revision?: number,
    disproved?: number,
  ): Promise<SavedSnapshot> {
    const key = keyOf(partition, header);
    const remembered = this.#known.get(key);
    // A revision from elsewhere says nothing about the sequence that stands there.
    let current =
      revision !== undefined && remembered?.revision === revision ? remembered : undefined;
    let isLooked = current !== undefined || revision === 0;
    let expected = current?.revision ?? 0;
    for (let races = 0; races < RACES_MAX; races += 1) {
      if (!isLooked) {
        const head = await this.#bucket.look(key);
        current = head.value && knownOf(header, head.value);
        expected = head.revision;
      }
      const isNewer = current?.journal === header.journal && current.sequence > header.sequence;
      if (current !== undefined && isNewer && current.revision !== disproved)
        return { revision: current.revision, saved: false };
      if (current !== undefined && isForeignMark(current, header, revision, disproved))
        return { revision: current.revision, saved: false, isParked: true };
      const saved = await this.#put(key, header, body, current, expected);
      if (saved !== undefined) {
        this.#known.set(key, saved);
        return { revision: saved.revision, saved: true };
      }
      isLooked = false; // Somebody else wrote: look what, then decide.
    }
    throw new PawlError(
      'sequence-conflict',
      `The snapshot ${key} was written by others ${RACES_MAX} times in a row.`,
    );
  }

  async remove(partition: number, actor: ActorAddress, revision?: number): Promise<void> {
    const key = keyOf(partition, actor);
    for (let isGone = false; !isGone;) {
      const head = await this.#bucket.load(key);
      if (head === undefined || head.sequence > (revision ?? Infinity)) break;
      isGone = await this.#bucket.remove(key, head.sequence);
    }
    // A newer head that replaces it, and its parts, have larger sequences.
    await this.#bucket.purge(`${key}.>`, revision === undefined ? undefined : revision + 1);
    this.#headless.delete(key);
    this.#known.delete(key);
  }

  async headers(
    partition: number,
    type: string = '*',
    onUnreadable?: (actor: ActorAddress) => void,
  ): Promise<readonly SnapshotHeader[]> {
    const { values, foreign } = await readHeaders(this.#broker, `${partition}.${type}.*`);
    for (const { key } of foreign) onUnreadable?.(actorOfKey(key));
    return values;
  }

  changes(
    type: string,
    after: SnapshotPosition | undefined,
    limit: number,
  ): Promise<SnapshotChanges> {
    const loadParts = (key: string, mark: PartsMark) => this.#loadParts(key, mark);
    return readSnapshotChanges(this.#broker, this.#bucket, loadParts, { type, after, limit });
  }

  async loadRecovery(service: string, partition: number): Promise<RecoveryMark | undefined> {
    const found = await this.#bucket.load(recoveryKeyOf(service, partition));
    if (found === undefined || found.body.length === 0) return undefined;
    return decodeBody(found.body) as unknown as RecoveryMark;
  }

  async saveRecovery(
    service: string,
    partition: number,
    mark: RecoveryMark | undefined,
  ): Promise<void> {
    const body = mark === undefined ? new Uint8Array() : encodeJson(mark);
    await this.#bucket.save(recoveryKeyOf(service, partition), body);
  }

  async #put(
    key: string,
    header: SnapshotHeader,
    body: Uint8Array,
    current: Known | undefined,
    expected: number,
  ): Promise<Known | undefined> {
    const partMax = (this.#broker.connection.nats.info?.max_payload ?? 1_048_576) - HEADERS_MAX;
    const hasParts = body.length > partMax;
    const { sequence, journal } = header;
    const known = { sequence, journal, hasParts, isParked: header.parked !== undefined };
    if (hasParts) {
      const revision = await this.#putParts(key, header, body, partMax, expected);
      return revision === undefined ? undefined : { ...known, revision };
    }
    const headers = encodeSnapshotHeader(header);
    const revision = await this.#bucket.save(key, body, { revision: expected, headers });
    if (revision === undefined) return undefined;
    if (current?.hasParts || this.#headless.delete(key))
      await this.#bucket.purge(`${key}.>`, revision);
    return { ...known, revision };
  }

  async #putParts(
    key: string,
    header: SnapshotHeader,
    body: Uint8Array,
    partMax: number,
    expected: number,
  ): Promise<number | undefined> {
    const token = nuid.next();
    // Until a head names them: whatever fails before leaves them to the next save.
    this.#headless.add(key);
    const count = Math.ceil(body.length / partMax);
    let firstPart: number | undefined;
    for (let index = 0; index < count; index += 1) {
      const part = body.subarray(index * partMax, (index + 1) * partMax);
      const sequence = await this.#bucket.save(`${key}.${token}.${index}`, part);
      firstPart ??= sequence;
    }
    const headers = encodeSnapshotHeader(header, { token, count });
    const empty = new Uint8Array();
    const revision = await this.#bucket.save(key, empty, { revision: expected, headers });
    this.#headless.delete(key);
    // Lost the race: our parts are nobody's. Won: those before ours are.
    if (revision === undefined) await this.#bucket.purge(`${key}.${token}.>`);
    else await this.#bucket.purge(`${key}.>`, firstPart);
    return revision;
  }

  async #loadParts(key: string, { token, count }: PartsMark): Promise<Uint8Array | undefined> {
    const indexes = Array.from({ length: count }, (_, index) => index);
    const parts = await Promise.all(
      indexes.map((index) => this.#bucket.load(`${key}.${token}.${index}`)),
    );
    const bodies = parts.flatMap((part) => part?.body ?? []);
    return bodies.length === count ? Buffer.concat(bodies) : undefined;
  }
}

/** Headers of the snapshots whose keys match, and the keys of what is none. */
export const readHeaders = async (
  broker: Broker,
  pattern: string,
): Promise<Sorted<SnapshotHeader>> => {
  const bucket = new KeyValue(broker, broker.names.snapshots);
  const found = await scanHeaders(broker, bucket.stream, bucket.subjectOf(pattern));
  const messages = found.filter((message) => !isMarker(message));
  return bucket.sort(messages, ({ subject, headers }) =>
    decodeSnapshotHeader(actorOfKey(bucket.keyOf(subject)), headers),
  );
};

const knownOf = (actor: ActorAddress, head: StoredMessage): Known | undefined => {
  const header = tryDecodeHeader(actor, head.headers);
  if (header === undefined) return undefined;
  const { sequence, journal, parked } = header;
  const hasParts = decodePartsMark(head.headers) !== undefined;
  const isParked = parked !== undefined;
  return { revision: head.sequence, sequence, journal, hasParts, isParked };
};

/** Would this save take a mark away that its writer does not know of? */
const isForeignMark = (
  current: Known,
  { journal, parked }: SnapshotHeader,
  revision: number | undefined,
  disproved: number | undefined,
): boolean =>
  current.isParked &&
  parked === undefined &&
  current.journal === journal &&
  current.revision !== revision &&
  current.revision !== disproved;

const partsLost = ({ type, id }: ActorAddress): PawlError =>
  new PawlError(
    'invalid-body',
    `The snapshot of ${type}/${id} has lost its parts. Remove it: the journal has the state.`,
  );

// The journal at the broker: one ordered list of entries, compare-and-set, dedupe, republish.
import {
  HEADER,
  PawlError,
  addressKey,
  partitionOf,
  type ActorAddress,
  type Appended,
  type Clock,
  type Headers,
  type JournalIdentity,
  type OutgoingEntry,
  type ReadRange,
  type StoredEntry,
} from '@pawl/core';
import { DedupeWindow } from './dedupe-window.ts';
import { checkTokens, copyBytes } from './limits.ts';

/** How one server or three treat a repeat that carries an expected sequence as well. */
export type Replicas = 1 | 3;

/** What an entry looks like to those who follow the journal. */
export interface JournalAppend {
  readonly entry: StoredEntry;
  readonly partition: number;
  /** Sequence of the entry before it on the same stored subject; 0 when there is none. */
  readonly lastOfSubject: number;
}

/** Kept with an entry, as nats-server does. */
export const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';

/** The stream. Synchronous: a message has arrived or it has not. */
export class JournalStream {
  readonly identity: JournalIdentity;
  readonly #clock: Clock;
  readonly #replicas: Replicas;
  readonly #entries: StoredEntry[] = [];
  readonly #byActor = new Map<string, StoredEntry[]>();
  readonly #lastOfKind = new Map<string, number>();
  readonly #ids = new DedupeWindow();
  readonly #followers: ((append: JournalAppend) => void)[] = [];

  constructor(clock: Clock, partitions: number, replicas: Replicas) {
    this.#clock = clock;
    this.#replicas = replicas;
    this.identity = { created: new Date(clock.now()).toISOString(), partitions };
  }

  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  /** All entries, for consumers that begin late. */
  entriesByPartition(): ReadonlyMap<number, readonly StoredEntry[]> {
    const byPartition = new Map<number, StoredEntry[]>();
    for (const entry of this.#entries) {
      const partition = partitionOf(entry.type, entry.id, this.identity.partitions);
      const entries = byPartition.get(partition);
      if (entries === undefined) byPartition.set(partition, [entry]);
      else entries.push(entry);
    }
    return byPartition;
  }

  /** Calls back with each entry right after it is stored. */
  follow(follower: (append: JournalAppend) => void): void {
    this.#followers.push(follower);
  }

  /** Appends what a client published. Throws `sequence-conflict` or `broker-refused`. */
  append(outgoing: OutgoingEntry): Appended {
    const { type, id, kindToken, headers = {}, messageId } = outgoing;
    const what = `${kindToken} for ${addressKey(outgoing)}`;
    checkTokens(what, [type, id, kindToken]);
    if (Object.hasOwn(headers, HEADER.streamSource))
      throw new PawlError('broker-refused', `${what}: clients may not set ${HEADER.streamSource}.`);
    const checks = [() => this.#duplicateOf(outgoing), () => this.#checkExpected(outgoing, what)];
    // With one server the expected sequence is looked at first, with three the message id.
    if (this.#replicas === 1) checks.reverse();
    for (const check of checks) {
      const duplicate = check();
      if (duplicate !== undefined) return { sequence: duplicate, duplicate: true };
    }
    const expected = outgoing.expectedLastSequence;
    const entry = this.#store(outgoing, kindToken, outgoing.body, {
      ...headers,
      ...(messageId !== undefined && { [HEADER.messageId]: messageId }),
      ...(expected !== undefined && { [EXPECTED]: String(expected) }),
    });
    if (messageId !== undefined) this.#ids.add(messageId, entry.sequence, entry.time);
    return { sequence: entry.sequence, duplicate: false };
  }

  /** Stores a fired timer: only the stream's own source can. */
  source(actor: ActorAddress, body: Uint8Array, headers: Headers): StoredEntry {
    return this.#store(actor, 'timer', body, headers);
  }

  read(actor: ActorAddress, { from = 1, upTo = Infinity, limit }: ReadRange = {}): StoredEntry[] {
    const entries = this.#byActor.get(addressKey(actor)) ?? [];
    const found = entries.filter(({ sequence }) => sequence >= from && sequence <= upTo);
    return limit === undefined ? found : found.slice(0, limit);
  }

  head(actor: ActorAddress): number {
    return this.#byActor.get(addressKey(actor))?.at(-1)?.sequence ?? 0;
  }

  get(sequence: number): StoredEntry | undefined {
    return this.#entries[sequence - 1];
  }

  /** Loses the memory of message ids. */
  forgetIds(): void {
    this.#ids.forget();
  }

  /**
   * Goes back: everything after `upTo` is lost, as when the journal is restored from a backup, with
   * its name and its identity. Returns what was lost.
   */
  restore(upTo: number): readonly StoredEntry[] {
    const lost = this.#entries.splice(upTo);
    this.#ids.forget();
    for (const entry of lost) {
      const ofActor = this.#byActor.get(addressKey(entry)) ?? [];
      while ((ofActor.at(-1)?.sequence ?? 0) > upTo) ofActor.pop();
      const last = ofActor.findLast(({ kindToken }) => kindToken === entry.kindToken);
      this.#lastOfKind.set(kindKey(entry, entry.kindToken), last?.sequence ?? 0);
    }
    return lost;
  }

  #duplicateOf({ messageId }: OutgoingEntry): number | undefined {
    return messageId === undefined ? undefined : this.#ids.find(messageId, this.#clock.now());
  }

  #checkExpected(outgoing: OutgoingEntry, what: string): undefined {
    const expected = outgoing.expectedLastSequence;
    if (expected === undefined) return;
    const last = this.#lastOfKind.get(kindKey(outgoing, outgoing.kindToken)) ?? 0;
    if (last !== expected)
      throw new PawlError(
        'sequence-conflict',
        `${what}: expected ${expected} as the last sequence of its kind, the journal has ${last}.`,
        { details: { expected, last } },
      );
  }

  #store(actor: ActorAddress, kindToken: string, body: Uint8Array, headers: Headers): StoredEntry {
    const entry: StoredEntry = Object.freeze({
      type: actor.type,
      id: actor.id,
      sequence: this.#entries.length + 1,
      time: this.#clock.now(),
      kindToken,
      headers: Object.freeze({ ...headers }),
      body: copyBytes(body),
    });
    const key = kindKey(actor, kindToken);
    const lastOfSubject = this.#lastOfKind.get(key) ?? 0;
    this.#entries.push(entry);
    this.#lastOfKind.set(key, entry.sequence);
    const ofActor = this.#byActor.get(addressKey(actor));
    if (ofActor === undefined) this.#byActor.set(addressKey(actor), [entry]);
    else ofActor.push(entry);
    const partition = partitionOf(actor.type, actor.id, this.identity.partitions);
    for (const follower of this.#followers) follower({ entry, partition, lastOfSubject });
    return entry;
  }
}

const kindKey = (actor: ActorAddress, kindToken: string): string =>
  `${addressKey(actor)}/${kindToken}`;

// The pinned consumer of one (service, partition) at the broker, as DESIGN section 4 sets it up.
import type { Clock, ConsumerStatus, StoredEntry, Stoppable } from '@pawl/core';

/** `max_ack_pending`: at most so many entries are under way. */
export const ACK_PENDING_MAX = 5000;

/** `priority_timeout`: how long the pin outlives the last pull, ms. */
export const PIN_TIMEOUT_MS = 3000;

/** An entry on its way to the pinned host. */
export interface PinnedDelivery {
  readonly entry: StoredEntry;
  readonly consumerSequence: number;
  readonly pinId: string;
  readonly waiting: number;
}

/** A host that wants the partition. */
export interface Puller {
  /** Does it pull: open, connected, not hung? */
  isPulling(): boolean;
  /** Does the broker still send to it? True for a hung one. */
  takes(): boolean;
  deliver(delivery: PinnedDelivery): void;
  unpinned(): void;
}

/** The consumer. Explicit acks; nothing is delivered again but by `reset`. */
export class PartitionQueue {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #pinTimeoutMs: number;
  readonly #types = new Set<string>();
  readonly #pullers: Puller[] = [];
  /** Who thinks that it is pinned: it learns the truth when it pulls again. */
  readonly #believers = new Set<Puller>();
  /** Delivered and not acknowledged, ascending: a reset starts it anew. */
  readonly #pending = new Set<number>();
  #backlog: StoredEntry[] = [];
  #next = 0;
  #consumerSequence = 0;
  #pins = 0;
  #pinned: Puller | undefined;
  #pinTimer: Stoppable | undefined;
  /** How often it has been reset: for tests. */
  resets = 0;

  constructor(name: string, clock: Clock, pinTimeoutMs: number = PIN_TIMEOUT_MS) {
    this.#name = name;
    this.#clock = clock;
    this.#pinTimeoutMs = pinTimeoutMs;
  }

  /**
   * Filters only grow. Entries of a new type that are already there make it start over at them, but
   * never above the ack floor: entries between would not come again. A fresh consumer leaves out
   * what is covered by snapshots.
   */
  addTypes(
    types: readonly string[],
    stored: readonly StoredEntry[],
    isCovered: (entry: StoredEntry) => boolean,
  ): void {
    const added = types.filter((type) => !this.#types.has(type));
    if (added.length === 0) return;
    const isFresh = this.#types.size === 0;
    for (const type of added) this.#types.add(type);
    const floor = this.ackFloor;
    const delivered = this.#backlog[this.#next - 1]?.sequence ?? 0;
    this.#backlog = stored.filter(({ type }) => this.#types.has(type));
    const first = this.#backlog.find(({ type }) => added.includes(type))?.sequence;
    if (isFresh) this.#next = countUntil(this.#backlog, (entry) => !isCovered(entry));
    else if (first !== undefined && first <= delivered)
      this.#startAfter(Math.min(first - 1, floor));
    else this.#next = this.#backlog.filter(({ sequence }) => sequence <= delivered).length;
    this.pump();
  }

  /** What is not delivered yet of this type never is. Returns whether no type is left. */
  removeType(type: string): boolean {
    if (!this.#types.delete(type)) return false;
    const delivered = this.#backlog.slice(0, this.#next);
    const rest = this.#backlog.slice(this.#next).filter((entry) => entry.type !== type);
    this.#backlog = [...delivered, ...rest];
    return this.#types.size === 0;
  }

  /** Takes a new entry of its partition. */
  offer(entry: StoredEntry): void {
    if (!this.#types.has(entry.type)) return;
    this.#backlog.push(entry);
    this.pump();
  }

  join(puller: Puller): void {
    this.#pullers.push(puller);
    this.pump();
  }

  /** To be called whenever a puller started or stopped pulling. */
  pullChanged(puller: Puller): void {
    if (puller.isPulling()) {
      if (puller === this.#pinned) this.#keepPin();
      else if (this.#believers.delete(puller)) puller.unpinned();
      this.pump();
    } else if (puller === this.#pinned && this.#pinTimer === undefined) {
      // The server does not watch the connection: it always waits for the timeout.
      this.#pinTimer = this.#clock.after(this.#pinTimeoutMs, () => {
        this.#dropPin();
        this.pump();
      });
    }
  }

  leave(puller: Puller): void {
    const index = this.#pullers.indexOf(puller);
    if (index >= 0) this.#pullers.splice(index, 1);
    this.#believers.delete(puller);
    this.pullChanged(puller);
  }

  ack(sequence: number): void {
    if (this.#pending.delete(sequence)) this.pump();
  }

  /** Delivers again everything from the ack floor on, also what was acknowledged above it. */
  reset(): void {
    this.#startAfter(this.ackFloor);
    this.pump();
  }

  unpin(): void {
    const pinned = this.#pinned;
    if (pinned === undefined) return;
    const index = this.#pullers.indexOf(pinned);
    if (index >= 0) this.#pullers.push(...this.#pullers.splice(index, 1)); // Others come first.
    this.#dropPin();
    if (pinned.isPulling() && this.#believers.delete(pinned)) pinned.unpinned();
    this.pump();
  }

  /** A server that has restarted knows no pin. */
  restart(): void {
    this.#dropPin();
    this.pump();
  }

  /** The journal has lost all entries after `upTo`. */
  restore(upTo: number): void {
    this.#backlog = this.#backlog.filter(({ sequence }) => sequence <= upTo);
    this.#next = Math.min(this.#next, this.#backlog.length);
    for (const sequence of [...this.#pending]) if (sequence > upTo) this.#pending.delete(sequence);
  }

  /** Last sequence below which everything delivered is acknowledged. */
  get ackFloor(): number {
    const [oldest] = this.#pending;
    return oldest === undefined ? (this.#backlog[this.#next - 1]?.sequence ?? 0) : oldest - 1;
  }

  /** As `asker` is told. */
  status(asker?: Puller): ConsumerStatus {
    return {
      isPinned: this.#pinned !== undefined,
      isPinnedHere: asker !== undefined && this.#pinned === asker,
      ackPending: this.#pending.size,
      waiting: this.#backlog.length - this.#next,
    };
  }

  #startAfter(floor: number): void {
    this.resets += 1;
    this.#pending.clear();
    this.#consumerSequence = 0;
    this.#next = this.#backlog.filter(({ sequence }) => sequence <= floor).length;
  }

  #keepPin(): void {
    this.#pinTimer?.stop();
    this.#pinTimer = undefined;
  }

  #dropPin(): void {
    this.#keepPin();
    this.#pinned = undefined;
  }

  /** The server pins only when it has something to deliver. */
  #pin(): Puller | undefined {
    const puller = this.#pullers.find((candidate) => candidate.isPulling());
    if (puller === undefined) return undefined;
    this.#pins += 1;
    this.#pinned = puller;
    this.#believers.add(puller);
    return puller;
  }

  /** Delivers what can be delivered now. */
  pump(): void {
    while (this.#pending.size < ACK_PENDING_MAX) {
      const entry = this.#backlog[this.#next];
      if (entry === undefined) return;
      const puller = this.#pinned ?? this.#pin();
      if (puller === undefined || !puller.takes()) return;
      this.#next += 1;
      this.#consumerSequence += 1;
      this.#pending.add(entry.sequence);
      puller.deliver({
        entry,
        consumerSequence: this.#consumerSequence,
        pinId: `${this.#name}-pin-${this.#pins}`,
        waiting: this.#backlog.length - this.#next,
      });
    }
  }
}

/** How many come before the first that matches. */
const countUntil = (
  entries: readonly StoredEntry[],
  matches: (entry: StoredEntry) => boolean,
): number => {
  const index = entries.findIndex(matches);
  return index < 0 ? entries.length : index;
};

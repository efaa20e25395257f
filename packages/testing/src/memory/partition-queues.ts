// All partition consumers of the journal at the broker, by service and partition.
import type { Clock, StoredEntry } from '@pawl/core';
import type { JournalStream } from './journal-stream.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { SnapshotBucket } from './snapshot-bucket.ts';

/** The consumers. */
export class PartitionQueues {
  readonly #clock: Clock;
  readonly #journal: JournalStream;
  readonly #snapshots: SnapshotBucket;
  readonly #pinTimeoutMs: number | undefined;
  readonly #byPartition = new Map<number, Map<string, PartitionQueue>>();

  constructor(
    clock: Clock,
    journal: JournalStream,
    snapshots: SnapshotBucket,
    pinTimeoutMs?: number,
  ) {
    this.#clock = clock;
    this.#pinTimeoutMs = pinTimeoutMs;
    this.#journal = journal;
    this.#snapshots = snapshots;
    journal.follow(({ entry, partition }) => {
      for (const queue of this.#byPartition.get(partition)?.values() ?? []) queue.offer(entry);
    });
  }

  find(service: string, partition: number): PartitionQueue | undefined {
    return this.#byPartition.get(partition)?.get(service);
  }

  /** All consumers. */
  all(): readonly PartitionQueue[] {
    return [...this.#byPartition.values()].flatMap((services) => [...services.values()]);
  }

  /** Creates what is missing and lets the filters grow. */
  provision(service: string, types: readonly string[]): void {
    const stored = this.#journal.entriesByPartition();
    for (let partition = 0; partition < this.#journal.identity.partitions; partition += 1) {
      const services = this.#byPartition.get(partition) ?? new Map<string, PartitionQueue>();
      this.#byPartition.set(partition, services);
      const name = `host-${service}-${partition}`;
      const queue =
        services.get(service) ?? new PartitionQueue(name, this.#clock, this.#pinTimeoutMs);
      services.set(service, queue);
      queue.addTypes(types, stored.get(partition) ?? [], (entry) =>
        this.#isCovered(partition, entry),
      );
    }
  }

  /** Takes a type out of the filters; a consumer without a type goes. */
  release(service: string, type: string): void {
    for (const services of this.#byPartition.values())
      if (services.get(service)?.removeType(type) === true) services.delete(service);
  }

  /** A snapshot of this journal says that the entry is done with. */
  #isCovered(partition: number, entry: StoredEntry): boolean {
    const header = this.#snapshots.load(partition, entry)?.header;
    return header?.journal === this.#journal.identity.created && header.sequence >= entry.sequence;
  }
}

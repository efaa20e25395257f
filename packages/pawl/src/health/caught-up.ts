// Has a host caught up: is everything that waited when it started acknowledged?
import type { Host } from '@pawl/host';
import type { ConsumerReport, Inspector } from '@pawl/jetstream';

/** Why a host is not ready. */
export interface Backlog {
  readonly service: string;
  readonly partition: number;
  /** Entries that wait or are under way. */
  readonly entries: number;
}

/**
 * Nothing waits in the partition, or all that did at the start is acknowledged, or another host has
 * the partition: then it is that one's to be ready.
 */
const isSettled = (consumer: ConsumerReport, isOurs: boolean, end: number): boolean =>
  (consumer.waiting === 0 && consumer.inFlight === 0) ||
  consumer.acknowledgedUpTo >= end ||
  (consumer.isPinned && !isOurs);

/** Looks at every partition of the host's services; `end` is the journal's end at its start. */
export const backlogOf = async (
  inspector: Inspector,
  host: Host,
  partitions: number,
  end: number,
): Promise<readonly Backlog[]> => {
  const backlog: Backlog[] = [];
  for (const [service, held] of Object.entries(host.held()))
    for (let partition = 0; partition < partitions; partition += 1) {
      const consumer = await inspector.partition(service, partition);
      if (consumer === undefined) backlog.push({ service, partition, entries: 0 });
      else if (!isSettled(consumer, held.includes(partition), end))
        backlog.push({ service, partition, entries: consumer.waiting + consumer.inFlight });
    }
  return backlog;
};

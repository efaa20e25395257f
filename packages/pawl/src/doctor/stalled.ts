// Which partitions have a host that makes no progress: entries wait, and none is acknowledged.
import { systemClock } from '@pawl/core';
import type { ConsumerReport, Inspector } from '@pawl/jetstream';
import type { PartitionFlow } from '../installation/flow-report.ts';

/** A host that takes over reads snapshots first; entries wait for that. */
const WAITED_MS = 30_000;
const WATCHED_MS = 8_000;
const LOOK_EVERY_MS = 500;

/** When entries that wait count as stuck. */
export interface StallOptions {
  /** The oldest has waited for longer, ms. Default 30,000. */
  readonly waitedMs?: number;
  /** Nothing was acknowledged for so long while we watched, ms. Default 8,000. */
  readonly watchedMs?: number;
}

const left = ({ inFlight, waiting }: ConsumerReport): number => inFlight + waiting;

/** Was something acknowledged in between? */
const hasMoved = (before: ConsumerReport, now: ConsumerReport | undefined): boolean =>
  now === undefined ||
  now.acknowledgedUpTo > before.acknowledgedUpTo ||
  left(now) < left(before) ||
  left(now) === 0;

/**
 * Watches the partitions that a host has and whose oldest entry has waited for long, until each has
 * moved or the time is over. Takes no time when there are none.
 */
export const findStalled = async (
  inspector: Pick<Inspector, 'partition'>,
  partitions: readonly PartitionFlow[],
  { now, waitedMs = WAITED_MS, watchedMs = WATCHED_MS }: StallOptions & { readonly now: number },
): Promise<readonly PartitionFlow[]> => {
  const look = ({ service, partition }: PartitionFlow): Promise<ConsumerReport | undefined> =>
    inspector.partition(service, partition);
  const isSuspect = ({ hosts, oldestAt = now }: PartitionFlow): boolean =>
    hosts.length > 0 && now - oldestAt > waitedMs;
  let suspects: { readonly flow: PartitionFlow; readonly before: ConsumerReport }[] = [];
  for (const flow of partitions.filter(isSuspect)) {
    const before = await look(flow);
    if (before !== undefined && left(before) > 0) suspects.push({ flow, before });
  }
  for (let watched = 0; suspects.length > 0 && watched < watchedMs; watched += LOOK_EVERY_MS) {
    await new Promise<void>((resolve) => void systemClock.after(LOOK_EVERY_MS, resolve));
    const still: typeof suspects = [];
    for (const suspect of suspects)
      if (!hasMoved(suspect.before, await look(suspect.flow))) still.push(suspect);
    suspects = still;
  }
  return suspects.map(({ flow }) => flow);
};

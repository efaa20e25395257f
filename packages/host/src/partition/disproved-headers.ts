// Finds snapshots that are ahead of the journal: it was restored from a backup, or lost its end.
import type { Journal, JournalIdentity, SnapshotHeader } from '@pawl/core';

/** So many newest snapshots in a row must be right before the older ones are believed. */
const PROVEN_ENOUGH = 3;

/** Entry that a snapshot must be able to name: an actor parked before its birth has none folded. */
const entryOf = ({ sequence, parked }: SnapshotHeader): number =>
  sequence > 0 ? sequence : (parked?.from ?? 0);

/**
 * The snapshots whose entry the journal does not have. What it has lost is its end, so the newest
 * snapshots are looked at first, and a few looks are enough for a journal that has lost nothing.
 */
export const findDisproved = async (
  journal: Journal,
  { created }: JournalIdentity,
  headers: readonly SnapshotHeader[],
): Promise<readonly SnapshotHeader[]> => {
  const newestFirst = headers
    .filter((header) => header.journal === created)
    .toSorted((one, other) => entryOf(other) - entryOf(one));
  const disproved: SnapshotHeader[] = [];
  let proven = 0;
  for (const header of newestFirst) {
    const { type, id, sequence, entryTime } = header;
    const stored = await journal.get(entryOf(header));
    const isThere =
      stored?.type === type && stored.id === id && (sequence === 0 || stored.time === entryTime);
    if (!isThere) disproved.push(header);
    else if ((proven += 1) === PROVEN_ENOUGH) break;
  }
  return disproved;
};

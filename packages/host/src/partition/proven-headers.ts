// Reads the snapshots of a partition, and finds those that say nothing: the journal does not have
// their entry (it was restored from a backup, or lost its end), or somebody else wrote them.
import type { ActorAddress, Journal, JournalIdentity, SnapshotHeader } from '@pawl/core';
import type { HostContext } from '../host-context.ts';

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

/** Snapshots of a partition. */
export interface ProvenHeaders {
  readonly right: readonly SnapshotHeader[];
  /** Actors whose snapshot says nothing: their journal has to be folded. */
  readonly wrong: readonly ActorAddress[];
}

/** Reads the headers of all types of a host. */
export const readProven = async (
  { ports, catalog, identity }: HostContext,
  partition: number,
): Promise<ProvenHeaders> => {
  const headers: SnapshotHeader[] = [];
  const unreadable: ActorAddress[] = [];
  for (const type of catalog.types)
    headers.push(
      ...(await ports.snapshots.headers(partition, type, (actor) => unreadable.push(actor))),
    );
  const disproved = await findDisproved(ports.journal, identity, headers);
  const right = headers.filter((header) => !disproved.includes(header));
  return { right, wrong: [...disproved, ...unreadable] };
};

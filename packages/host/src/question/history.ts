// The history of an actor: its journal folded again, entry by entry.
import {
  historyEntryOf,
  partitionOf,
  replayJournal,
  type ActorAddress,
  type Fault,
  type HistoryEntry,
} from '@pawl/core';
import type { HostContext } from '../host-context.ts';
import { checkRecovered } from './recovered.ts';

const ENTRIES_MAX = 500;
const BYTES_MAX = 500_000;

/** One page of an actor's history, from a sequence on. `fault` is that of its state. */
export const historyOf = async (
  context: HostContext,
  actor: ActorAddress,
  from: number = 1,
  limit: number = ENTRIES_MAX,
  fault?: Fault,
): Promise<{ readonly history: readonly HistoryEntry[]; readonly next?: number }> => {
  const { ports, catalog, identity, fold } = context;
  await checkRecovered(context, partitionOf(actor.type, actor.id, identity.partitions));
  const stored = await ports.journal.read(actor);
  const history: HistoryEntry[] = [];
  let bytes = 0;
  const machineOf = (type: string, version?: string): ReturnType<typeof catalog.newest> =>
    version === undefined ? catalog.newest(type) : catalog.get(type, version);
  for (const replayed of replayJournal(machineOf, stored, fold, fault)) {
    if (replayed.stored.sequence < from) continue;
    const entry = historyEntryOf(replayed);
    bytes += Buffer.byteLength(JSON.stringify(entry));
    const isFull = history.length >= Math.min(limit, ENTRIES_MAX) || bytes > BYTES_MAX;
    if (isFull && history.length > 0) return { history, next: entry.sequence };
    history.push(entry);
  }
  return { history };
};

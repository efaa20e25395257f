// Is a schedule's actor there? Read from its journal: at this point no host may be running yet.
import { readEntry, type ActorAddress, type Journal, type StoredEntry } from '@pawl/core';

/** The last incarnation of an actor. */
export interface LastLife {
  readonly isAlive: boolean;
  /** Sequence of its create; 0 without one. */
  readonly bornAt: number;
}

/** Ends it: `REMOVE` is taken in every state. */
const isEnd = (stored: StoredEntry): boolean => {
  if (stored.kindToken !== 'event' && stored.kindToken !== 'admin') return false;
  try {
    const { type } = readEntry(stored).body;
    return type === 'REMOVE' || type === 'unlink';
  } catch {
    return false; // It could not be read, so it ended nothing either.
  }
};

/** Finds the last create, and whether something has ended the actor since. */
export const lastLife = async (journal: Journal, actor: ActorAddress): Promise<LastLife> => {
  const create = await journal.last(actor, 'create');
  if (create === undefined) return { isAlive: false, bornAt: 0 };
  const bornAt = create.sequence;
  // Usually short: it is read only when the registry does not know the schedule.
  const entries = await journal.read(actor, { from: bornAt });
  return { isAlive: !entries.some(isEnd), bornAt };
};

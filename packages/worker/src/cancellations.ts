// Cancel notices for commands that are not running here: remembered until they may arrive.

const REMEMBERED_MAX = 10_000;
const REMEMBERED_MS = 10 * 60_000;

/** Remembers the ids of cancelled commands for ten minutes, at most 10,000. */
export interface Cancellations {
  add(id: string, now: number): void;
  has(id: string, now: number): boolean;
}

/** An empty memory. */
export const createCancellations = (): Cancellations => {
  const addedAt = new Map<string, number>(); // In the order of adding: the oldest come first.
  return {
    add: (id, now) => {
      addedAt.delete(id);
      addedAt.set(id, now);
      for (const [oldest, time] of addedAt) {
        if (addedAt.size <= REMEMBERED_MAX && now - time <= REMEMBERED_MS) break;
        addedAt.delete(oldest);
      }
    },
    has: (id, now) => now - (addedAt.get(id) ?? -Infinity) <= REMEMBERED_MS,
  };
};

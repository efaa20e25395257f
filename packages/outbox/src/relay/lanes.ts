// Which lanes a relay has: advisory locks of its database session, shared evenly without a leader.
//
// All rows of an actor are in one lane, and a lane has one relay, so the order of an actor is kept.
// A lock goes with its session: when a relay dies, its lanes are free at once.
import type { DatabaseSession } from '../database.ts';

/** How many lanes there are: fixed in `pawl.lane_of`. */
export const LANES = 16;

/** First key of all locks of the outbox: `pawl` in ASCII. */
const KEY = 0x7061776c;
/** Second key of the lock that every relay shares: its holders are the relays that live. */
const PRESENCE = 1_000;

/** Counts among the relays, until the session ends. */
export const announceRelay = async (session: DatabaseSession): Promise<void> => {
  await session.execute(`SELECT pg_advisory_lock_shared(${KEY}, ${PRESENCE})`, []);
};

const LOOK = `
SELECT objid::int AS key, count(*)::int AS holders FROM pg_locks
WHERE locktype = 'advisory' AND classid = ${KEY}::oid AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY objid`;

/** Who is there. */
export interface Crew {
  readonly relays: number;
  /** Lanes that some relay has. */
  readonly taken: ReadonlySet<number>;
}

/** Looks at the locks: costs no write. */
export const readCrew = async (session: DatabaseSession): Promise<Crew> => {
  const rows = await session.execute(LOOK, []);
  const holders = new Map(rows.map((row) => [Number(row['key']), Number(row['holders'])]));
  return {
    relays: holders.get(PRESENCE) ?? 0,
    taken: new Set([...holders.keys()].filter((key) => key < LANES)),
  };
};

/** How many lanes one of so many relays may have. */
export const shareOf = (relays: number): number => Math.ceil(LANES / Math.max(1, relays));

/** Takes free lanes, at most `count`. */
export const claimLanes = async (
  session: DatabaseSession,
  free: readonly number[],
  count: number,
): Promise<readonly number[]> => {
  const claimed: number[] = [];
  for (const lane of free) {
    if (claimed.length >= count) break;
    const [row] = await session.execute(
      `SELECT pg_try_advisory_lock(${KEY}, $1::int) AS is_taken`,
      [lane],
    );
    if (row?.['is_taken'] === true) claimed.push(lane);
  }
  return claimed;
};

/** Gives lanes back. */
export const releaseLanes = async (
  session: DatabaseSession,
  lanes: readonly number[],
): Promise<void> => {
  if (lanes.length === 0) return;
  await session.execute(
    `SELECT pg_advisory_unlock(${KEY}, lane) FROM unnest($1::int[]) AS l(lane)`,
    [lanes],
  );
};

// Reads what is new in the lanes of a relay, so that nothing is skipped and nothing is read twice.
//
// Rows have a number, given when their statement ran. A transaction that commits late makes rows
// visible whose numbers are lower than those of rows that were read long before, so a number alone
// is no position. The position here is a pair: a snapshot of the database, and a number for each
// lane; what was visible in the snapshot and is not above the number has been read. The next read
// takes what is above the number, and what is not but belongs to a transaction that the snapshot
// did not see: one that ran then (`xip`) or ended later (`xid >= xmax`). All three are ranges of an
// index, so a read costs what is new, not what was relayed and is not yet vacuumed away.
//
// Why the order is right: a statement of the database sees all of a transaction or nothing, and all
// that had committed before. If it sees a row whose statement ran after another transaction had
// committed, it sees that one's rows too, or they have been read before; and their numbers are
// lower. So sorting what one read returns by number is enough. A long transaction delays only its
// own rows.
import type { DatabaseSession } from '../database.ts';
import { outboxRowOf, ROW_COLUMNS, type OutboxRow } from './outbox-row.ts';

/** How far a relay has read. */
export interface ReadPosition {
  /** Last number read, by lane. */
  readonly after: Map<number, number>;
  /** Transactions that ran at the last read. */
  xip: readonly string[];
  /** Transactions from here on had not ended at the last read. */
  xmax: string;
}

/** A position before everything. */
export const createPosition = (): ReadPosition => ({ after: new Map(), xip: [], xmax: '' });

/** `10:20:10,14`: the database's own text for a snapshot. */
const parseSnapshot = (text: string): Pick<ReadPosition, 'xip' | 'xmax'> => {
  const [, xmax = '', running = ''] = text.split(':');
  return { xmax, xip: running === '' ? [] : running.split(',') };
};

const READ = `
WITH lanes AS MATERIALIZED (
  SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS l(lane, after)
), late AS (
  SELECT o.*, true AS is_late FROM lanes l JOIN pawl.outbox o
    ON o.xid = ANY ($3::text[]::xid8[]) AND o.lane = l.lane AND o.number <= l.after
  UNION ALL
  SELECT o.*, true FROM lanes l JOIN pawl.outbox o
    ON o.xid >= $4::text::xid8 AND o.lane = l.lane AND o.number <= l.after
), fresh AS (
  SELECT o.*, false AS is_late FROM lanes l CROSS JOIN LATERAL (
    SELECT * FROM pawl.outbox n WHERE n.lane = l.lane AND n.number > l.after
    ORDER BY n.number LIMIT $5::int
  ) o
)
SELECT pg_current_snapshot()::text AS snapshot, is_late, ${ROW_COLUMNS}
FROM (SELECT 1) one LEFT JOIN (
  (SELECT * FROM late ORDER BY number LIMIT $6::int) UNION ALL SELECT * FROM fresh
) found ON true
ORDER BY number`;

/** What one read found. */
export interface ReadRows {
  /** In order of their numbers. */
  readonly rows: readonly OutboxRow[];
  /** There may be more than was read. */
  readonly isCut: boolean;
}

/** Late rows of one read at most. */
const LATE_MAX = 1_000;

/**
 * Reads on from a position, and moves it. At most `perLane` rows of each lane, and a bounded number
 * of late ones.
 */
export const readRows = async (
  session: DatabaseSession,
  position: ReadPosition,
  perLane: number,
): Promise<ReadRows> => {
  const lanes = [...position.after.keys()];
  const found = await session.execute(READ, [
    lanes,
    [...position.after.values()],
    position.xip,
    position.xmax === '' ? null : position.xmax,
    perLane,
    LATE_MAX,
  ]);
  const { snapshot } = found[0] ?? {};
  const rows = found.filter(({ number }) => number !== null);
  const late = rows.filter(({ is_late: isLate }) => isLate === true);
  // Too many late ones for one read: they go first, and nothing else moves.
  if (late.length >= LATE_MAX) return { rows: late.map(outboxRowOf), isCut: true };
  Object.assign(position, parseSnapshot(String(snapshot)));
  const counts = new Map<number, number>();
  const read = rows.map(outboxRowOf);
  for (const [index, row] of read.entries()) {
    if (rows[index]?.['is_late'] === true) continue;
    position.after.set(row.lane, row.number);
    counts.set(row.lane, (counts.get(row.lane) ?? 0) + 1);
  }
  return { rows: read, isCut: [...counts.values()].some((count) => count >= perLane) };
};

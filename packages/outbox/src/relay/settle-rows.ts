// What became of rows, written down: gone when stored in the journal, kept aside when refused.
import type { ErrorData } from '@pawl/core';
import type { DatabaseSession } from '../database.ts';
import type { OutboxRow } from './outbox-row.ts';

/** A row that is done with. */
export interface SettledRow {
  readonly row: OutboxRow;
  /** Why the broker or the journal did not take it. */
  readonly refusal?: ErrorData;
}

const REMOVE = `
DELETE FROM pawl.outbox o USING unnest($1::smallint[], $2::bigint[]) AS d(lane, number)
WHERE o.lane = d.lane AND o.number = d.number`;

const REFUSE = `
WITH refused AS (
  SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[])
    AS d(lane, number, code, message)
), gone AS (
  DELETE FROM pawl.outbox o USING refused r WHERE o.lane = r.lane AND o.number = r.number
  RETURNING o.*, r.code, r.message
)
INSERT INTO pawl.outbox_refused
  (number, kind, type, id, body, class, by, traceparent, created_at, code, message)
SELECT number, kind, type, id, body, class, by, traceparent, created_at, code, message FROM gone
ON CONFLICT (number) DO NOTHING`;

/** Removes rows that are stored; moves refused ones to where they are listed. */
export const settleRows = async (
  session: DatabaseSession,
  settled: readonly SettledRow[],
): Promise<void> => {
  const stored = settled.filter(({ refusal }) => refusal === undefined).map(({ row }) => row);
  const refused = settled.filter(({ refusal }) => refusal !== undefined);
  const lanesOf = (rows: readonly OutboxRow[]): number[] => rows.map(({ lane }) => lane);
  const numbersOf = (rows: readonly OutboxRow[]): number[] => rows.map(({ number }) => number);
  if (stored.length > 0) await session.execute(REMOVE, [lanesOf(stored), numbersOf(stored)]);
  if (refused.length === 0) return;
  const rows = refused.map(({ row }) => row);
  await session.execute(REFUSE, [
    lanesOf(rows),
    numbersOf(rows),
    refused.map(({ refusal }) => refusal?.code),
    refused.map(({ refusal }) => refusal?.message),
  ]);
};

const RESERVE = `
UPDATE pawl.outbox_lane SET attempted_up_to = greatest(attempted_up_to, $2::bigint)
WHERE lane = ANY ($1::smallint[])`;

/** Says that rows up to a number may be published from now on. Before the first of them is. */
export const reserveUpTo = async (
  session: DatabaseSession,
  lanes: readonly number[],
  number: number,
): Promise<void> => {
  await session.execute(RESERVE, [lanes, number]);
};

/** For each lane, the number above which nobody has published anything. */
export const readReserved = async (
  session: DatabaseSession,
  lanes: readonly number[],
): Promise<ReadonlyMap<number, number>> => {
  const rows = await session.execute(
    'SELECT lane, attempted_up_to FROM pawl.outbox_lane WHERE lane = ANY ($1::smallint[])',
    [lanes],
  );
  return new Map(rows.map((row) => [Number(row['lane']), Number(row['attempted_up_to'])]));
};

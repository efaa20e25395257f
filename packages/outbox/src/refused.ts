// Rows that were refused: listed, and sent again when the reason is gone.
import type { ActorAddress, DeadLetters } from '@pawl/core';
import { inTransaction, withSession, type Database, type Row } from './database.ts';
import { readIdentity } from './migrate.ts';

/** A refused row. */
export interface RefusedRow extends ActorAddress {
  readonly number: number;
  readonly kind: 'event' | 'create';
  readonly body: unknown;
  readonly code: string;
  readonly message: string;
  /** When it was refused, ms since 1970. */
  readonly refusedAt: number;
  /** Where it stands in the journal; absent when it never came there. */
  readonly sequence?: number;
}

/** Which refused rows. */
export interface ListRefusedOptions {
  readonly type?: string;
  /** At most so many. Default 500. */
  readonly limit?: number;
  /** Number of the last row of the page before. */
  readonly after?: number;
}

const LIMIT = 500;

const LIST = `
SELECT number, kind, type, id, body::text AS body, code, message, sequence,
  extract(epoch FROM refused_at) * 1000 AS refused_at
FROM pawl.outbox_refused
WHERE redriven_as IS NULL AND ($1::text IS NULL OR type = $1) AND number > $2::bigint
ORDER BY number LIMIT $3::int`;

const refusedRowOf = (row: Row): RefusedRow => ({
  number: Number(row['number']),
  kind: row['kind'] === 'create' ? 'create' : 'event',
  type: String(row['type']),
  id: String(row['id']),
  body: JSON.parse(String(row['body'])) as unknown,
  code: String(row['code']),
  message: String(row['message']),
  refusedAt: Math.round(Number(row['refused_at'])),
  ...(row['sequence'] !== null && { sequence: Number(row['sequence']) }),
});

/** Lists refused rows that nobody has redriven, oldest first. Throws `outbox-missing`. */
export const listRefused = (
  database: Database,
  { type, limit = LIMIT, after = 0 }: ListRefusedOptions = {},
): Promise<readonly RefusedRow[]> =>
  withSession(database, async (session) => {
    await readIdentity(session);
    const rows = await session.execute(LIST, [type ?? null, after, limit]);
    return rows.map(refusedRowOf);
  });

/** Options of `redrive`. */
export interface RedriveOptions {
  /** Where hosts said so: the letters of redriven rows are removed. Default: they stay. */
  readonly deadLetters?: Pick<DeadLetters, 'remove'>;
}

/** A row that was sent again. */
export interface Redriven {
  readonly number: number;
  /** Its number now: a message of its own. */
  readonly redrivenAs: number;
}

const REDRIVE = `
SELECT number, sequence, CASE kind
    WHEN 'event' THEN pawl.send(type, id, body, class, by, traceparent)
    ELSE pawl.create(type, id, body -> 'input', class, by, traceparent)
  END AS redriven_as
FROM (
  SELECT * FROM pawl.outbox_refused
  WHERE number = ANY ($1::bigint[]) AND redriven_as IS NULL ORDER BY number FOR UPDATE
) refused`;

const MARK = `
UPDATE pawl.outbox_refused r SET redriven_as = d.redriven_as, redriven_at = clock_timestamp()
FROM unnest($1::bigint[], $2::bigint[]) AS d(number, redriven_as) WHERE r.number = d.number`;

/**
 * Sends refused rows again, in the order of their numbers. Those that are not there, or were
 * redriven before, are left out of the result. Throws `outbox-missing`.
 */
export const redrive = async (
  database: Database,
  numbers: readonly number[],
  { deadLetters }: RedriveOptions = {},
): Promise<readonly Redriven[]> => {
  const rows = await withSession(database, async (session) => {
    await readIdentity(session);
    return inTransaction(session, async () => {
      const sent = await session.execute(REDRIVE, [numbers]);
      const column = (name: string): unknown[] => sent.map((row) => row[name]);
      await session.execute(MARK, [column('number'), column('redriven_as')]);
      return sent;
    });
  });
  for (const { sequence } of rows)
    if (sequence !== null) await deadLetters?.remove(`journal-${Number(sequence)}`);
  return rows.map((row) => ({
    number: Number(row['number']),
    redrivenAs: Number(row['redriven_as']),
  }));
};

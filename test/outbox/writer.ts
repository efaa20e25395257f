// A service with data of its own: each transaction writes rows and sends events, or rolls back.
import { once } from 'node:events';
import pg from 'pg';
import { outbox, type Sql } from '@pawl/outbox';
import { createRandom } from '@pawl/testing/simulation';
import type { ChildSettings } from './child-settings.ts';

/** What a writer notes, in the same transaction as what it sends, and how far it may go. */
export const WRITER_TABLES = `
CREATE SEQUENCE attempt;
CREATE TABLE pace AS SELECT 0::bigint AS allowed;
CREATE TABLE written (
  attempt bigint, xid xid8, began pg_snapshot, position integer, actor text, n bigint,
  PRIMARY KEY (attempt, position)
)`;

/** One transaction's events and what is noted of them. */
export const writeEvents = async (
  client: pg.ClientBase,
  attempt: number,
  actors: readonly string[],
  from: number = 0,
  offset: number = 0,
): Promise<void> => {
  const sql: Sql = { execute: (text, parameters) => client.query(text, [...parameters]) };
  for (const [index, id] of actors.entries()) {
    const position = from + index;
    const n = offset + attempt * 10 + position;
    await client.query(
      `INSERT INTO written SELECT $1::bigint, pg_current_xact_id(), $2::text::pg_snapshot, $3::int, $4, $5::bigint`,
      [attempt, await beganOf(client), position, id, n],
    );
    await outbox.send(sql, { type: 'counter', id }, { type: 'ADD', n });
  }
};

/** The snapshot at the transaction's begin, kept in a setting of the transaction. */
const beganOf = async (client: pg.ClientBase): Promise<string> => {
  const { rows } = await client.query<{ began: string }>(
    `SELECT current_setting('campaign.began') AS began`,
  );
  return rows[0]?.began ?? '';
};

/** Begins a transaction, and notes what it can see. */
export const begin = async (client: pg.ClientBase): Promise<void> => {
  await client.query('BEGIN');
  await client.query(`SELECT set_config('campaign.began', pg_current_snapshot()::text, true)`);
};

/** Lets the writers of a database begin so many attempts more. */
export const allowMore = async (client: pg.ClientBase, attempts: number): Promise<void> => {
  await client.query('UPDATE pace SET allowed = allowed + $1', [attempts]);
  await client.query('NOTIFY pace');
};

/** Waits until an attempt may begin. The client listens on `pace`. */
const untilAllowed = async (client: pg.ClientBase, attempt: number): Promise<void> => {
  for (;;) {
    const listening = new AbortController();
    const notified = once(client, 'notification', { signal: listening.signal });
    notified.catch(() => undefined); // Nobody waits for it where the attempt is allowed.
    const { rows } = await client.query<{ allowed: string }>('SELECT allowed FROM pace');
    if (attempt <= Number(rows[0]?.allowed)) return listening.abort();
    await notified;
  }
};

/** Writes until all attempts are used up. */
export const writeTransactions = async (settings: ChildSettings): Promise<void> => {
  const client = new pg.Client({ connectionString: settings.database });
  await client.connect();
  await client.query('LISTEN pace');
  const random = createRandom(String(settings.seed));
  for (;;) {
    const { rows } = await client.query<{ n: string }>(`SELECT nextval('attempt') AS n`);
    const attempt = Number(rows[0]?.n);
    if (attempt > settings.attempts) break;
    await untilAllowed(client, attempt);
    await begin(client);
    const count = random.integer(1, 3);
    const actors = Array.from(
      { length: count },
      () => `actor-${random.integer(0, settings.actors - 1)}`,
    );
    await writeEvents(client, attempt, actors, 0, settings.offset);
    await client.query(attempt % 3 === 0 ? 'ROLLBACK' : 'COMMIT');
  }
  await client.end();
};

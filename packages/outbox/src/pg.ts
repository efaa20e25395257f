// The port `Database` on the driver `pg`.
import pg from 'pg';
import type { Database, DatabaseSession, Row } from './database.ts';

/** How long one statement may take, ms: a server that says nothing any more counts as gone. */
const STATEMENT_MAX_MS = 30_000;

/** Where the database is, and how to log in: a URL, or what `pg` takes. */
export type PgOptions = string | pg.ClientConfig;

const openSession = async (options: pg.ClientConfig): Promise<DatabaseSession> => {
  const client = new pg.Client({
    keepAlive: true,
    query_timeout: STATEMENT_MAX_MS,
    application_name: 'pawl',
    ...options,
  });
  let isEnded = false;
  const listeners: (() => void)[] = [];
  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    for (const listener of listeners) listener();
  };
  // What breaks a connection also ends it: statements under way reject with the reason.
  client.on('error', end).on('end', end);
  await client.connect();
  return {
    execute: async (statement, parameters) =>
      (await client.query<Row>(statement, [...parameters])).rows,
    onNotification: (listener) => {
      client.on('notification', ({ payload }) => listener(payload ?? ''));
    },
    onEnd: (listener) => {
      if (isEnded) listener();
      else listeners.push(listener);
    },
    close: () => client.end().catch(() => undefined),
  };
};

/** A database for the relay and for projections. */
export const pgDatabase = (options: PgOptions): Database => ({
  open: () =>
    openSession(typeof options === 'string' ? { connectionString: options } : { ...options }),
});

// A PostgreSQL for a test file, and a fresh database for each test that wants one.
import pg from 'pg';
import type { Sql } from '@pawl/outbox';
import { migrate } from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import { startPostgres } from '@pawl/testing/postgres';

/** A database with an outbox. */
export interface TestDatabase {
  readonly url: string;
  readonly database: ReturnType<typeof pgDatabase>;
  /** Connections of the test itself. */
  readonly pool: pg.Pool;
  /** Runs `work` in a transaction; `rollback` as its result undoes it. */
  transaction(work: (sql: Sql) => Promise<'rollback' | void>): Promise<void>;
  /** One statement on its own. */
  query(statement: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** A server of databases. */
export interface TestDatabases {
  create(): Promise<TestDatabase>;
  stop(): Promise<void>;
}

/** The adapter that the guide shows. */
export const sqlOf = (client: pg.ClientBase | pg.Pool): Sql => ({
  execute: (statement, parameters) => client.query(statement, [...parameters]),
});

const openDatabase = async (url: string): Promise<TestDatabase> => {
  const database = pgDatabase(url);
  await migrate(database);
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  pool.on('error', () => undefined); // The server ends before an idle connection does.
  return {
    url,
    database,
    pool,
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const end = await work(sqlOf(client));
        await client.query(end === 'rollback' ? 'ROLLBACK' : 'COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    query: async (statement, parameters = []) =>
      (await pool.query<Record<string, unknown>>(statement, [...parameters])).rows,
    close: () => pool.end(),
  };
};

/** Starts a server, or uses the one that the environment names. */
export const startDatabases = async (): Promise<TestDatabases> => {
  const server = await startPostgres();
  const opened: { readonly name: string; readonly test: TestDatabase }[] = [];
  const asOwner = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  return {
    create: async () => {
      const name = `pawl_test_${process.pid}_${opened.length}`;
      await asOwner(`CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      const test = await openDatabase(url.href);
      opened.push({ name, test });
      return test;
    },
    stop: async () => {
      for (const { name, test } of opened) {
        await test.close();
        await asOwner(`DROP DATABASE ${name} WITH (FORCE)`);
      }
      await server.stop();
    },
  };
};

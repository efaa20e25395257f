// The adapters of the guide on a real database: sent with the caller's transaction, or not at all.
import { migrate, outbox, type Sql } from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import { startPostgres } from '@pawl/testing/postgres';
import { drizzle as drizzleOnPg } from 'drizzle-orm/node-postgres';
import { drizzle as drizzleOnPostgresJs } from 'drizzle-orm/postgres-js';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import postgres from 'postgres';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { onDrizzle } from '../examples/outbox/adapters/drizzle.ts';
import { onKysely } from '../examples/outbox/adapters/kysely.ts';
import { onPg } from '../examples/outbox/adapters/pg.ts';
import { onPostgresJs } from '../examples/outbox/adapters/postgres-js.ts';
import { onPrisma } from '../examples/outbox/adapters/prisma.ts';

const test = suite('outbox adapters');
const server = await startPostgres();
const name = `pawl_adapters_${process.pid}`;
const owner = new pg.Client({ connectionString: server.url });
await owner.connect();
await owner.query(`CREATE DATABASE ${name}`);
const url = new URL(server.url);
url.pathname = `/${name}`;
await migrate(pgDatabase(url.href));
const pool = new pg.Pool({ connectionString: url.href, max: 2 });
pool.on('error', () => undefined); // The database is dropped before an idle connection ends.
await pool.query('CREATE TABLE own (n integer)');
const postgresJs = postgres(url.href, { max: 1, onnotice: () => undefined });
const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });

test.after(async () => {
  await postgresJs.end();
  await pool.end();
  await owner.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await owner.end();
  await server.stop();
});

type Work = (sql: Sql) => Promise<void>;
/** Runs work in a transaction, as the library wants it; rolled back when it rejects. */
type Transaction = (work: Work) => Promise<unknown>;

/** Prisma's transaction, by the shape that it documents; its engine is not part of these tests. */
const prismaTransaction = (client: pg.ClientBase) => ({
  $queryRawUnsafe: async <Result = unknown>(query: string, ...values: unknown[]) =>
    (await client.query(query, values)).rows as Result,
});

const onClient =
  (adapt: (client: pg.ClientBase) => Sql): Transaction =>
  async (work) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await work(adapt(client));
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

const transactions: Readonly<Record<string, Transaction>> = {
  pg: onClient(onPg),
  'postgres.js': (work) => postgresJs.begin((tx) => work(onPostgresJs(tx))),
  Kysely: (work) => kysely.transaction().execute((tx) => work(onKysely(tx))),
  'Drizzle on pg': (work) => drizzleOnPg(pool).transaction((tx) => work(onDrizzle(tx))),
  'Drizzle on postgres.js': (work) =>
    drizzleOnPostgresJs(postgresJs).transaction((tx) => work(onDrizzle(tx))),
  "Prisma's shape": onClient((client) => onPrisma(prismaTransaction(client))),
};

const counter = { type: 'counter', id: 'one' };
const tricky = { type: 'ADD', text: `$1 '"\\ ü`, n: 7 };

const own = (sql: Sql): Promise<unknown> => sql.execute('INSERT INTO own VALUES ($1::int)', ['1']);

const counts = async (): Promise<readonly unknown[]> => {
  const { rows } = await pool.query<{ own: string; sent: string }>(
    'SELECT (SELECT count(*) FROM own) AS own, (SELECT count(*) FROM pawl.outbox) AS sent',
  );
  return [rows[0]?.own, rows[0]?.sent].map(Number);
};

for (const [library, transaction] of Object.entries(transactions)) {
  test(`${library}: what commits is there, as it was given`, async () => {
    await pool.query('TRUNCATE own, pawl.outbox');
    await transaction(async (sql) => {
      await own(sql);
      await outbox.create(sql, counter);
      await outbox.send(sql, counter, tricky, { class: 'heavy', by: 'ada' });
    });
    const { rows } = await pool.query(
      'SELECT kind, type, id, body, class, by, traceparent FROM pawl.outbox ORDER BY number',
    );
    const none = { class: null, by: null, traceparent: null };
    assert.equal(rows, [
      { kind: 'create', ...counter, body: {}, ...none },
      { kind: 'event', ...counter, body: tricky, ...none, class: 'heavy', by: 'ada' },
    ]);
    assert.equal(await counts(), [1, 2]);
  });

  test(`${library}: what is rolled back was never sent`, async () => {
    await pool.query('TRUNCATE own, pawl.outbox');
    const failing = transaction(async (sql) => {
      await own(sql);
      await outbox.send(sql, counter, tricky);
      throw new Error('the service changed its mind');
    });
    await failing.then(
      () => assert.unreachable('it is rolled back'),
      (error: unknown) => assert.match(String(error), /changed its mind/),
    );
    assert.equal(await counts(), [0, 0]);
  });
}

test.run();

// A database of the campaign: an outbox, the service's own tables, and the projected one.
import { migrate, outbox } from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import pg from 'pg';
import { TALLIES_TABLE } from './tallies.ts';
import { WRITER_TABLES } from './writer.ts';

/** One database with its outbox, and connections of the campaign. */
export const createDatabase = async (server: string, name: string, actors: readonly string[]) => {
  const owner = new pg.Client({ connectionString: server });
  await owner.connect();
  await owner.query(`CREATE DATABASE ${name}`);
  await owner.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(pgDatabase(url.href));
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(WRITER_TABLES);
  await client.query(TALLIES_TABLE);
  const sql = {
    execute: (text: string, parameters: readonly (string | null)[]) =>
      client.query(text, [...parameters]),
  };
  for (const id of actors) await outbox.create(sql, { type: 'counter', id }, {});
  return { url: url.href, client, database: pgDatabase(url.href) };
};

/** What `createDatabase` gives. */
export type Database = Awaited<ReturnType<typeof createDatabase>>;

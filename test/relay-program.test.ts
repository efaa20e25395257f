// services/relay as it is run: under its own role, configured by the environment, ended by SIGTERM.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { permissionsOf, type Permissions } from '@pawl/jetstream';
import { listRefused, migrate, readStatus } from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import { startPostgres } from '@pawl/testing/postgres';
import { connect, openClient, portsOf, startHost, startNatsServer } from 'pawl';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { counter } from '../packages/outbox/test/counter.machine.ts';
import { until } from './fault/until.ts';

const test = suite('relay program');

const userLine = (user: string, permissions: Permissions): string =>
  `{ user: ${user}, password: secret, permissions: ${JSON.stringify(permissions)} }`;

const nats = await startNatsServer({
  configuration: `authorization {
    users = [
      { user: admin, password: secret }
      ${userLine('relay', permissionsOf({ role: 'relay', types: ['counter'], inboxPrefix: '_INBOX_relay' }))}
    ]
  }`,
});
const connection = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
const host = await startHost({ connection, service: 'count', machines: { counter } });
const client = openClient({ connection });
const postgres = await startPostgres();
const owner = new pg.Client({ connectionString: postgres.url });
await owner.connect();
const name = `pawl_relay_${process.pid}`;
await owner.query(`CREATE DATABASE ${name}`);
const url = new URL(postgres.url);
url.pathname = `/${name}`;
const database = pgDatabase(url.href);
const pool = new pg.Pool({ connectionString: url.href, max: 4 });
pool.on('error', () => undefined); // The database is dropped before an idle connection ends.

const programs = new Set<ChildProcess>();
test.after(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await client.close();
  await host.stop();
  await connection.close();
  await nats.stop();
  await pool.end();
  await owner.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await owner.end();
  await postgres.stop();
});

interface Line {
  readonly message: string;
  readonly health?: string;
  readonly published?: number;
}

/** A relay of its own process. */
const startProgram = (settings: Readonly<Record<string, string>> = {}) => {
  const words = [...process.execArgv, 'services/relay/src/main.ts'];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ PATH: '/usr/bin:/bin', PAWL_SERVER: nats.url, PAWL_DATABASE: url.href },
      ...{ PAWL_USER: 'relay', PAWL_PASSWORD: 'secret', PAWL_INBOX_PREFIX: '_INBOX_relay' },
      ...{ PAWL_HEALTH_PORT: '0', ...settings },
    },
  });
  programs.add(child);
  const lines: Line[] = [];
  let complaints = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const said = (message: string): Line | undefined =>
    lines.find((line) => line.message.startsWith(message));
  return {
    complaints: () => complaints,
    ended,
    said,
    health: async (page: string): Promise<Response> => {
      await until('the relay runs', 60_000, () => said('The relay runs') !== undefined);
      return fetch(`${said('The relay runs')?.health}${page}`);
    },
    end: (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

const send = (id: string, event: object): Promise<unknown> =>
  pool.query('SELECT pawl.send($1, $2, $3)', ['counter', id, event]);

const empty = (): Promise<void> =>
  until('an empty outbox', 60_000, async () => (await readStatus(database)).waiting === 0);

test('what is missing is said, and the program ends', async () => {
  const unready = startProgram();
  assert.is(await unready.ended, 1);
  assert.match(unready.complaints(), /pawl outbox migrate/);
  const unset = startProgram({ PAWL_DATABASE: '' });
  assert.is(await unset.ended, 1);
  assert.match(unset.complaints(), /PAWL_DATABASE/);
});

test('under its role it publishes, verifies, and records what is refused', async () => {
  await migrate(database);
  const relay = startProgram();
  await pool.query(`SELECT pawl.create('counter', 'one', '{}')`);
  for (const n of [1, 2, 3]) await send('one', { type: 'ADD', n });
  await pool.query(`SELECT pawl.create('counter', 'one', '{}')`); // The journal has to be read.
  await send('nobody', { type: 'ADD', n: 1 }); // A host refuses it: dead letters have to be read.
  await pool.query(`SELECT pawl.create('volume', 'foreign')`); // Of a type that its role has not.
  await until('three refusals', 60_000, async () => (await listRefused(database)).length === 3);
  await empty();
  const refused = await listRefused(database);
  assert.equal(refused.map(({ id, code }) => `${id} ${code}`).toSorted(), [
    'foreign not-authorized',
    'nobody no-such-actor',
    'one actor-exists',
  ]);
  assert.equal((await client.actor(counter, 'one').load()).context.sum, 6);

  assert.is((await relay.health('/healthz')).status, 200);
  assert.is((await relay.health('/readyz')).status, 200);
  const metrics = await (await relay.health('/metrics')).text();
  assert.match(metrics, /pawl_relay_published_total 5\n/);
  assert.match(metrics, /pawl_relay_refused_total 3\n/);
  assert.match(metrics, /pawl_relay_lanes 16\n/);
  assert.is(await relay.end(), 0);
  assert.is(relay.complaints(), '');
});

test('told to stop in the middle of its work, it finishes; another one goes on', async () => {
  const count = 4_000;
  await pool.query(
    `SELECT pawl.send('counter', 'one', jsonb_build_object('type', 'ADD', 'n', n))
     FROM generate_series(1, ${count}) n`,
  );
  const { bus, journal } = portsOf({ connection });
  const first = startProgram();
  const arrived = new Promise<void>((resolve) => {
    bus.subscribe('pawl.live.counter.one.*', () => resolve());
  });
  await arrived;
  assert.is(await first.end(), 0);
  const { published = 0 } = first.said('The relay has stopped') ?? {};
  const { waiting } = await readStatus(database);
  assert.ok(published > 0 && waiting > 0, `${published} are published, ${waiting} wait`);
  assert.is(published + waiting, count);
  const second = startProgram();
  await second.health('/healthz');
  await empty();
  assert.is(await second.end(), 0);
  const entries = await journal.read({ type: 'counter', id: 'one' });
  const bodies = entries.map(({ body }) => Buffer.from(body).toString());
  const numbers = bodies.flatMap((body) => (JSON.parse(body) as { n?: number }).n ?? []);
  assert.equal(
    numbers.slice(3),
    Array.from({ length: count }, (_, index) => index + 1),
  );
});

test('it also ends when the broker is away, and leaves the rows where they are', async () => {
  const relay = startProgram();
  await relay.health('/healthz');
  await nats.kill();
  await send('one', { type: 'ADD', n: 0 });
  assert.is(await relay.end(), 0);
  assert.is((await readStatus(database)).waiting, 1);
  await nats.restart();
});

test.run();

// Outbox, relay and projection with a real host: refusals come back, and states become rows.
import { openClient } from '@pawl/client';
import { startHost } from '@pawl/host';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createOutbox,
  listRefused,
  projection,
  readStatus,
  redrive,
  startProjection,
} from '@pawl/outbox';
import { counter } from './counter.machine.ts';
import { openRelayWorld, until } from './relay-world.ts';

const test = suite('outbox with a host');
const world = await openRelayWorld();
const host = await startHost({ ports: world.ports, service: 'count', machines: { counter } });
const client = openClient({ ports: world.ports });
const db = await world.databases.create();
await db.query(`CREATE TABLE counters (
  id text PRIMARY KEY, state text NOT NULL, count integer, sum bigint, label text, quiet boolean,
  changed timestamptz, all_of_it jsonb, note text DEFAULT 'mine'
)`);
const relay = await world.relay(db);
const outbox = createOutbox({ registry: world.ports.registry });

test.after(async () => {
  await client.close();
  await host.stop();
  await world.close();
});

const counters = projection({
  type: 'counter',
  table: 'counters',
  map: ({ id, value, context, tags, since }) =>
    id.startsWith('hidden')
      ? undefined
      : {
          state: value,
          count: context['count'],
          sum: context['sum'],
          label: context['label'],
          quiet: tags.includes('quiet'),
          changed: new Date(since),
          all_of_it: context,
        },
});

const published = async (): Promise<void> => {
  await until('an empty outbox', async () => (await readStatus(db.database)).waiting === 0);
};

test('a birth and its events in one transaction', async () => {
  await db.transaction(async (sql) => {
    await outbox.create(sql, { type: 'counter', id: 'one' }, { label: 'first' });
    for (const n of [1, 2, 3]) await outbox.send(sql, { type: 'counter', id: 'one' }, add(n));
  });
  await published();
  const state = await client.actor(counter, 'one').load();
  assert.equal(state.context, { label: 'first', count: 3, sum: 6 });
  assert.is(state.version, '1');
});

test('an event that no machine could take fails the transaction', async () => {
  const before = await readStatus(db.database);
  const works: readonly Parameters<typeof db.transaction>[0][] = [
    (sql) => outbox.send(sql, { type: 'counter', id: 'one' }, { type: 'SUB' }),
    (sql) => outbox.create(sql, { type: 'counter', id: 'x' }, { label: 7 }),
  ];
  for (const work of works)
    try {
      await db.transaction(work);
      assert.unreachable('it is refused');
    } catch (error) {
      assert.match(String(error), /unknown-event|no event "SUB"|label/);
    }
  assert.equal((await readStatus(db.database)).waiting, before.waiting);
});

test('what the host refuses is recorded at the row, and can be redriven', async () => {
  const two = { type: 'counter', id: 'two' };
  await db.transaction(async (sql) => {
    await outbox.create(sql, two, {});
    await outbox.send(sql, two, { type: 'REST' });
    await outbox.send(sql, two, add(5), { by: 'ada' });
    await outbox.send(sql, { type: 'counter', id: 'nobody' }, add(1));
  });
  await until('two refusals', async () => (await listRefused(db.database)).length === 2);
  const refused = await listRefused(db.database);
  assert.equal(
    refused.map(({ id, kind, code, body }) => ({ id, kind, code, body })),
    [
      { id: 'two', kind: 'event', code: 'event-refused', body: add(5) },
      { id: 'nobody', kind: 'event', code: 'no-such-actor', body: add(1) },
    ],
  );
  assert.match(refused[0]?.message ?? '', /resting/);
  assert.is(relay.counters.refused, 2);
  assert.is((await readStatus(db.database)).refused, 2);

  await client.actor(counter, 'two').send({ type: 'WAKE' });
  const numbers = refused.slice(0, 1).map(({ number }) => number);
  const { deadLetters } = world.ports;
  const [done] = await redrive(db.database, numbers, { deadLetters });
  assert.is(done?.number, numbers[0]);
  await published();
  const state = await client.actor(counter, 'two').load();
  assert.equal(state.context.sum, 5);
  assert.equal(await redrive(db.database, numbers, { deadLetters }), [], 'once');
  assert.is((await listRefused(db.database)).length, 1);
  assert.equal(
    (await deadLetters.list()).map(({ actor }) => actor?.id),
    ['nobody'],
    'its letter is gone with it',
  );
});

test('an event for an actor that has ended is recorded too', async () => {
  const three = { type: 'counter', id: 'three' };
  await db.transaction(async (sql) => {
    await outbox.create(sql, three, {});
    await outbox.send(sql, three, { type: 'END' });
    await outbox.send(sql, three, add(1));
  });
  await until('the refusal', async () =>
    (await listRefused(db.database)).some(
      ({ id, code }) => id === 'three' && code === 'actor-ended',
    ),
  );
});

test('a table follows the states, with the types of its columns', async () => {
  const running = await startProjection({ ...world, database: db.database, projection: counters });
  try {
    await db.transaction(async (sql) => {
      await outbox.create(sql, { type: 'counter', id: 'hidden-1' }, {});
      await outbox.send(sql, { type: 'counter', id: 'one' }, add(10));
    });
    await until('the rows', async () => {
      const found = await db.query(
        `SELECT id FROM counters WHERE (id = 'one' AND sum = 16) OR (id = 'two' AND sum = 5)
          OR (id = 'three' AND state = 'ended')`,
      );
      return found.length === 3;
    });
    const rows = await db.query(
      'SELECT id, state, count, quiet, all_of_it, note FROM counters ORDER BY id',
    );
    assert.equal(rows, [
      rowOf('one', { label: 'first', count: 4, sum: 16 }),
      rowOf('three', { label: null, count: 0, sum: 0 }, 'ended'),
      rowOf('two', { label: null, count: 1, sum: 5 }),
    ]);
  } finally {
    await running.stop();
  }
});

const rowOf = (
  id: string,
  context: { count: number; [field: string]: unknown },
  state: string = 'counting',
) => ({
  ...{ id, state, count: context.count, quiet: false, all_of_it: context, note: 'mine' },
});

test('a rebuild mends the table, and keeps the columns that are not its own', async () => {
  const before = await db.query('SELECT * FROM counters ORDER BY id');
  await db.query(`UPDATE counters SET sum = 99 WHERE id = 'one'`);
  await db.query(`UPDATE counters SET note = 'changed' WHERE id = 'two'`);
  await db.query(`DELETE FROM counters WHERE id = 'three'`);
  await db.query(`INSERT INTO counters (id, state) VALUES ('ghost', 'none')`);
  const running = await startProjection({ ...world, database: db.database, projection: counters });
  await running.rebuild();
  await running.stop();
  const after = await db.query('SELECT * FROM counters ORDER BY id');
  assert.equal(
    after.map((row) => ({ ...row, note: 'mine' })),
    before,
  );
  assert.is(after.find(({ id }) => id === 'two')?.['note'], 'changed');
});

test('an actor whose snapshot is removed has no row any more', async () => {
  const settings = { ...world, database: db.database, projection: counters, pollMs: 100 };
  const running = await startProjection(settings);
  await running.caughtUp();
  const actor = { type: 'counter', id: 'two' };
  for (const partition of [0, 1, 2, 3]) await world.ports.snapshots.remove(partition, actor);
  await running.caughtUp();
  assert.equal(await db.query(`SELECT id FROM counters WHERE id = 'two'`), []);
  await client.actor(counter, 'two').send(add(1));
  await until('its row', async () => {
    const found = await db.query(`SELECT sum FROM counters WHERE id = 'two'`);
    return found[0]?.['sum'] === '6';
  });
  await running.stop();
});

test('of two processes one works; the other goes on when it is gone', async () => {
  const settings = { ...world, database: db.database, projection: counters, pollMs: 100 };
  const first = await startProjection(settings);
  await first.caughtUp();
  const second = await startProjection(settings);
  await client.actor(counter, 'one').send(add(1));
  await until('a step', async () => first.count > 0);
  assert.is(second.count, 0);
  await first.stop();
  await client.actor(counter, 'one').send(add(1));
  await until('a step of the second', () => second.count > 0);
  await second.stop();
});

const add = (n: number): { readonly type: 'ADD'; readonly n: number } => ({ type: 'ADD', n });

test.run();

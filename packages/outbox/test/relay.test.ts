// The relay on a real PostgreSQL and a real nats-server: order, once in effect, shared work.
import { HEADER } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { migrate, readStatus } from '@pawl/outbox';
import { messageIdOf, openRelayWorld, TYPE, until } from './relay-world.ts';
import { sqlOf } from './test-database.ts';

const test = suite('relay');
const world = await openRelayWorld();
test.after(() => world.close());
test.after.each(() => world.stopRelays());

/** Numbers of a counting actor, as the journal has them. */
const numbersOf = async (id: string): Promise<unknown[]> =>
  (await world.events(id)).map((event) => event['n']);

test('what commits arrives, in the order of statements; what rolls back does not', async () => {
  const db = await world.databases.create();
  await world.relay(db);
  for (const round of [0, 1, 2])
    await db.transaction(async (sql) => {
      for (const n of [0, 1, 2, 3])
        await sql.execute(
          `SELECT pawl.send('volume', 'order', '{"type":"N","n":${round * 4 + n}}')`,
          [],
        );
      if (round === 1) return 'rollback';
    });
  await until('eight events', async () => (await world.events('order')).length === 8);
  assert.equal(await numbersOf('order'), [0, 1, 2, 3, 8, 9, 10, 11]);
  await until('an empty outbox', async () => (await readStatus(db.database)).waiting === 0);
});

test('an event goes out within a moment, by notification and not by poll', async () => {
  const db = await world.databases.create();
  const relay = await world.relay(db, { pollMs: 600_000 });
  await until('lanes', () => relay.lanes.length === 16);
  const startedAt = performance.now();
  await world.send(db, 'prompt', { type: 'N' });
  await until('the event', async () => (await world.events('prompt')).length === 1);
  assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms`);
});

test('headers go along, and a birth gets its body', async () => {
  const db = await world.databases.create();
  await world.relay(db);
  await db.query(
    `SELECT pawl.create('volume', 'born', '{"name":"x"}', class => 'heavy', by => 'ada', traceparent => '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')`,
  );
  await until('the birth', async () => (await world.entries('born')).length === 1);
  const [entry] = await world.entries('born');
  assert.is(entry?.kindToken, 'create');
  assert.is(entry?.headers[HEADER.class], 'heavy');
  assert.is(entry?.headers[HEADER.by], 'ada');
  assert.match(entry?.headers[HEADER.traceparent] ?? '', /^00-0af7/);
  assert.equal(JSON.parse(Buffer.from(entry?.body ?? []).toString()), { input: { name: 'x' } });
});

test('a transaction that commits late is not skipped, and delays nobody', async () => {
  const db = await world.databases.create();
  await world.relay(db, { pollMs: 600_000 });
  const slow = await db.pool.connect();
  await slow.query('BEGIN');
  await slow.query(`SELECT pawl.send('volume', 'late', '{"type":"N","n":"slow 1"}')`);
  for (let n = 0; n < 300; n += 1) await world.send(db, 'late', { type: 'N', n });
  await until('those that did not wait', async () => (await world.events('late')).length === 300);
  await slow.query(`SELECT pawl.send('volume', 'late', '{"type":"N","n":"slow 2"}')`);
  await slow.query('COMMIT');
  // This one began after the slow one had committed: it must come after it.
  await world.send(db, 'late', { type: 'N', n: 'after' });
  slow.release();
  await until('all', async () => (await world.events('late')).length === 303);
  const numbers = await numbersOf('late');
  assert.equal(numbers.slice(300), ['slow 1', 'slow 2', 'after']);
});

test('savepoints: what is rolled back to is gone, the rest stays in order', async () => {
  const db = await world.databases.create();
  await world.relay(db);
  await db.transaction(async (sql) => {
    const send = (n: number) =>
      sql.execute(`SELECT pawl.send('volume', 'saved', '{"type":"N","n":${n}}')`, []);
    await send(1);
    await sql.execute('SAVEPOINT s', []);
    await send(2);
    await sql.execute('ROLLBACK TO s', []);
    await send(3);
  });
  await until('two', async () => (await world.events('saved')).length === 2);
  assert.equal(await numbersOf('saved'), [1, 3]);
});

test('a backlog is relayed while the oldest transaction of all stays open', async () => {
  const db = await world.databases.create();
  const reader = await db.pool.connect();
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await reader.query('SELECT count(*) FROM pawl.outbox'); // Nothing can be vacuumed from now on.
  const relay = await world.relay(db);
  for (let round = 0; round < 5; round += 1) {
    await db.query(
      `SELECT pawl.send('volume', 'bulk-' || (i % 20), jsonb_build_object('type', 'N', 'n', i))
       FROM generate_series(${round * 1000}, ${round * 1000 + 999}) i`,
    );
    await until('the backlog', () => relay.counters.published === (round + 1) * 1000);
  }
  await reader.query('COMMIT');
  reader.release();
  const expected = Array.from({ length: 250 }, (_, index) => index * 20 + 7);
  assert.equal(await numbersOf('bulk-7'), expected);
});

test('equal row numbers of two outboxes do not meet', async () => {
  const [one, other] = [await world.databases.create(), await world.databases.create()];
  await Promise.all([world.relay(one), world.relay(other)]);
  const first = await world.send(one, 'shared', { type: 'N', n: 'one' });
  const second = await world.send(other, 'shared', { type: 'N', n: 'other' });
  assert.is(first, second, 'the numbers are equal');
  await until('both', async () => (await world.events('shared')).length === 2);
  assert.equal(new Set(await numbersOf('shared')), new Set(['one', 'other']));
});

test('an id that somebody took does not swallow the row', async () => {
  const db = await world.databases.create();
  const { id: outboxId } = await migrate(db.database);
  const number = await world.send(db, 'taken', { type: 'N', n: 'mine' });
  await world.ports.journal.append({
    ...{ type: TYPE, id: 'taken-too', kindToken: 'event', body: Buffer.from('{"type":"EVIL"}') },
    messageId: `${TYPE}/taken/outbox-${outboxId}-${number}`,
  });
  await world.relay(db);
  await until('the row', async () => (await world.events('taken')).length === 1);
  assert.match(messageIdOf((await world.entries('taken'))[0] as never), /~1$/);
});

test('a row whose relay died after the broker had it is not published again', async () => {
  const db = await world.databases.create();
  const { id: outboxId } = await migrate(db.database);
  const number = await world.send(db, 'told', { type: 'N', n: 1 });
  await world.send(db, 'told', { type: 'N', n: 2 });
  // What the dead relay had done: it had said so, and published; then the broker forgot the id.
  await db.query('UPDATE pawl.outbox_lane SET attempted_up_to = 1000');
  const [row] = await db.query('SELECT body::text AS body FROM pawl.outbox WHERE number = $1', [
    number,
  ]);
  await setDuplicateWindow(100);
  await world.ports.journal.append({
    ...{ type: TYPE, id: 'told', kindToken: 'event', body: Buffer.from(String(row?.['body'])) },
    messageId: `${TYPE}/told/outbox-${outboxId}-${number}`,
  });
  await new Promise((resolve) => setTimeout(resolve, 300)); // The window itself is what passes.
  await world.relay(db);
  await until('the second', async () => (await numbersOf('told')).includes(2));
  await until('an empty outbox', async () => (await readStatus(db.database)).waiting === 0);
  assert.equal(await numbersOf('told'), [1, 2]);
  await setDuplicateWindow(120_000);
});

const setDuplicateWindow = async (ms: number): Promise<void> => {
  const ask = async (path: string, body: string): Promise<Record<string, unknown>> => {
    const answer = await world.ports.bus.request(`$JS.API.${path}`, Buffer.from(body), {
      timeoutMs: 5_000,
    });
    return JSON.parse(Buffer.from(answer.body).toString()) as Record<string, unknown>;
  };
  const { config } = await ask('STREAM.INFO.PAWL_JOURNAL', '');
  const changed = { ...(config as object), duplicate_window: ms * 1_000_000 };
  const answer = await ask('STREAM.UPDATE.PAWL_JOURNAL', JSON.stringify(changed));
  assert.is(answer['error'], undefined);
};

test('a birth is told once, and another birth of the same id is refused', async () => {
  const db = await world.databases.create();
  await world.ports.journal.append({
    ...{ type: TYPE, id: 'first-born', kindToken: 'create', body: Buffer.from('{}') },
  });
  await world.relay(db);
  await db.query(`SELECT pawl.create('volume', 'first-born')`);
  await db.query(`SELECT pawl.create('volume', 'second-born')`);
  await db.query(`SELECT pawl.create('volume', 'second-born')`);
  await until('two refusals', async () => (await readStatus(db.database)).refused === 2);
  const refused = await db.query('SELECT id, code FROM pawl.outbox_refused ORDER BY id');
  assert.equal(refused, [
    { id: 'first-born', code: 'actor-exists' },
    { id: 'second-born', code: 'actor-exists' },
  ]);
  assert.is((await world.entries('second-born')).length, 1);
});

test('relays share the lanes, and one that goes leaves them to the others', async () => {
  const db = await world.databases.create();
  const first = await world.relay(db);
  await until('all lanes', () => first.lanes.length === 16);
  const second = await world.relay(db);
  await until('halves', () => first.lanes.length === 8 && second.lanes.length === 8);
  const third = await world.relay(db);
  const all = [first, second, third];
  await until('thirds', () => all.every(({ lanes }) => lanes.length >= 4 && lanes.length <= 6));
  await until('every lane', () => new Set(all.flatMap(({ lanes }) => lanes)).size === 16);
  await second.stop();
  await until('halves again', () => first.lanes.length === 8 && third.lanes.length === 8);
  assert.equal(
    await readStatus(db.database).then(({ relays, lanesFree }) => [relays, lanesFree]),
    [2, 0],
  );
});

test('while relays come and go, each actor gets its events once and in order', async () => {
  const db = await world.databases.create();
  const [client] = [await db.pool.connect()];
  const sql = sqlOf(client);
  let isWriting = true;
  const written = 2_000;
  const writing = (async () => {
    for (let n = 0; n < written; n += 1)
      await sql.execute(
        `SELECT pawl.send('volume', 'come-${n % 16}', '{"type":"N","n":${n}}')`,
        [],
      );
    isWriting = false;
  })();
  while (isWriting) {
    const [one, other] = await Promise.all([world.relay(db), world.relay(db)]);
    await until('lanes', () => one.lanes.length > 0);
    // One in order, the other as if it had been killed: its connections are cut.
    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pawl'`,
    );
    await one.stop();
    await other.stop();
  }
  await writing;
  client.release();
  await world.relay(db);
  await until('an empty outbox', async () => (await readStatus(db.database)).waiting === 0);
  for (let actor = 0; actor < 16; actor += 1) {
    const expected = Array.from({ length: written / 16 }, (_, index) => index * 16 + actor);
    assert.equal(await numbersOf(`come-${actor}`), expected);
  }
});

test('a broker that is away delays the relay only', async () => {
  const db = await world.databases.create();
  const relay = await world.relay(db);
  await until('lanes', () => relay.lanes.length === 16);
  await world.nats.kill();
  for (let n = 0; n < 50; n += 1) await world.send(db, 'away', { type: 'N', n });
  assert.ok((await readStatus(db.database)).waiting === 50);
  await world.nats.restart();
  await until('all', () => relay.counters.published === 50);
  assert.equal(
    await numbersOf('away'),
    Array.from({ length: 50 }, (_, n) => n),
  );
});

test('without the tables it says what to do', async () => {
  const db = await world.databases.create();
  await db.query('DROP SCHEMA pawl CASCADE');
  try {
    await world.relay(db);
    assert.unreachable('no tables');
  } catch (error) {
    assert.match(String(error), /pawl outbox migrate/);
  }
  await world.relay(db, { migrate: true });
  await world.send(db, 'migrated', { type: 'N' });
  await until('the event', async () => (await world.events('migrated')).length === 1);
});

test.run();

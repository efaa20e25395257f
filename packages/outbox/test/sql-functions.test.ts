// The schema in the database: what its functions take and refuse, and who may call them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { migrate } from '@pawl/outbox';
import { startDatabases, type TestDatabase } from './test-database.ts';

const test = suite('sql functions');
const databases = await startDatabases();
const db = await databases.create();
test.after(() => databases.stop());
test.before.each(async () => {
  await db.query('TRUNCATE pawl.outbox');
});

const refused = async (statement: string, on: TestDatabase = db): Promise<string> => {
  const error = await on.query(statement).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Error, `${statement} is refused`);
  return (error as Error).message;
};

test('send and create leave rows, and return their numbers', async () => {
  const [first] = await db.query(`SELECT pawl.send('volume', 'vol-1', '{"type":"A","n":1}') AS n`);
  const [second] = await db.query(
    `SELECT pawl.create('volume', 'vol-2', '{"name":"data"}', class => 'background', by => 'ada') AS n`,
  );
  await db.query(`SELECT pawl.create('volume', 'vol-3')`);
  assert.ok(Number(first?.['n']) < Number(second?.['n']));
  const rows = await db.query(
    'SELECT kind, type, id, body, class, by FROM pawl.outbox ORDER BY number',
  );
  const none = { class: null, by: null };
  assert.equal(rows, [
    { kind: 'event', type: 'volume', id: 'vol-1', body: { type: 'A', n: 1 }, ...none },
    {
      ...{ kind: 'create', type: 'volume', id: 'vol-2', body: { input: { name: 'data' } } },
      ...{ class: 'background', by: 'ada' },
    },
    { kind: 'create', type: 'volume', id: 'vol-3', body: {}, ...none },
  ]);
});

test('a rollback leaves nothing', async () => {
  await db.transaction(async (sql) => {
    await sql.execute(`SELECT pawl.send('volume', 'vol-1', '{"type":"A"}')`, []);
    return 'rollback';
  });
  assert.equal(await db.query('SELECT number FROM pawl.outbox'), []);
});

test('what could be no entry is refused, and the message says why', async () => {
  const event = `'{"type":"A"}'`;
  for (const [statement, message] of [
    [`SELECT pawl.send('Volume', 'a', ${event})`, /invalid-type.*'Volume'/],
    [`SELECT pawl.send(NULL, 'a', ${event})`, /invalid-type.*NULL/],
    [`SELECT pawl.send('volume', 'a.b', ${event})`, /invalid-id.*'a\.b'/],
    [`SELECT pawl.send('volume', '', ${event})`, /invalid-id/],
    [`SELECT pawl.send('volume', repeat('a', 129), ${event})`, /invalid-id/],
    [`SELECT pawl.send('volume', E'a\\n', ${event})`, /invalid-id/],
    [`SELECT pawl.send('volume', NULL, ${event})`, /invalid-id.*NULL/],
    [`SELECT pawl.send('volume', 'a', '[]')`, /invalid-event.*\[\]/],
    [`SELECT pawl.send('volume', 'a', '{}')`, /invalid-event/],
    [`SELECT pawl.send('volume', 'a', '{"type":1}')`, /invalid-event/],
    [`SELECT pawl.send('volume', 'a', '{"type":""}')`, /invalid-event/],
    [`SELECT pawl.send('volume', 'a', NULL)`, /invalid-event.*NULL/],
    [`SELECT pawl.send('volume', 'a', '{"type":"A","x":{"__proto__":1}}')`, /forbidden-key/],
    [`SELECT pawl.send('volume', 'a', ${event}, class => 'urgent')`, /class.*'urgent'/],
    [`SELECT pawl.send('volume', 'a', ${event}, by => E'a\\r\\nb')`, /one line/],
    [`SELECT pawl.create('volume', 'a b')`, /invalid-id/],
  ] as const)
    assert.match(await refused(statement), message);
  assert.equal(await db.query('SELECT number FROM pawl.outbox'), []);
});

test('the text __proto__ as a value is no key', async () => {
  await db.query(
    `SELECT pawl.send('volume', 'a', '{"type":"A","x":"__proto__","y":"\\"__proto__\\":"}')`,
  );
  const [row] = await db.query('SELECT body FROM pawl.outbox');
  assert.equal(row?.['body'], { type: 'A', x: '__proto__', y: '"__proto__":' });
});

test('an actor has one lane, whatever sends', async () => {
  await db.query(
    `SELECT pawl.send('volume', 'vol-' || (i % 50), '{"type":"A"}') FROM generate_series(1, 500) i`,
  );
  const lanes = await db.query(
    'SELECT id, count(DISTINCT lane)::int AS lanes FROM pawl.outbox GROUP BY id',
  );
  assert.ok(lanes.every((row) => row['lanes'] === 1));
  const [all] = await db.query(
    'SELECT count(DISTINCT lane)::int AS n, min(lane), max(lane) FROM pawl.outbox',
  );
  assert.equal(all, { n: all?.['n'], min: 0, max: 15 });
});

test('a user with no right but the functions sends, and reads nothing', async () => {
  await db.query('DROP ROLE IF EXISTS pawl_app');
  await db.query('CREATE ROLE pawl_app');
  try {
    await db.query('GRANT USAGE ON SCHEMA pawl TO pawl_app');
    const asApp = (statement: string): string => `SET LOCAL ROLE pawl_app; ${statement}`;
    await db.query(asApp(`SELECT pawl.send('volume', 'a', '{"type":"A"}')`));
    await db.query(asApp(`SELECT pawl.create('volume', 'b')`));
    for (const statement of [
      'SELECT * FROM pawl.outbox',
      'DELETE FROM pawl.outbox',
      `SELECT pawl.add_to_outbox('event', 'volume', 'a', '{}', NULL, NULL, NULL)`,
    ])
      assert.match(await refused(asApp(statement)), /permission denied/);
    assert.is((await db.query('SELECT number FROM pawl.outbox')).length, 2);
  } finally {
    await db.query('DROP OWNED BY pawl_app');
    await db.query('DROP ROLE pawl_app');
  }
});

test('a migration again, or by many at once, changes nothing', async () => {
  const first = await migrate(db.database);
  const many = await Promise.all([1, 2, 3].map(() => migrate(db.database)));
  for (const migrated of [first, ...many])
    assert.equal(migrated, { id: first.id, from: 1, version: 1 });
  const fresh = await databases.create();
  assert.is.not((await migrate(fresh.database)).id, first.id, 'each outbox has an id of its own');
});

test('a newer schema is not touched', async () => {
  const other = await databases.create();
  await other.query('UPDATE pawl.outbox_state SET version = 99');
  try {
    await migrate(other.database);
    assert.unreachable('it is newer');
  } catch (error) {
    assert.match(String(error), /version 99.*install a newer Pawl/);
  }
});

test.run();

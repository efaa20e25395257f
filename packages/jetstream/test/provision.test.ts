// Provisioning: idempotent, for many at once, and refusing what would lose something.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { partitionOf, PawlError } from '@pawl/core';
import {
  checkTopology,
  openPorts,
  provision,
  topologyNames,
  topologyOf,
  type Connection,
} from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('provisioning');
let server: TestServer;
let connection: Connection;
let jsm: JetStreamManager;

test.before(async () => {
  server = await startTestServer({ topology: false });
  connection = await server.connect();
  jsm = await jetstreamManager(connection.nats);
});
test.after(() => server.stop());

let prefixes = 0;
/** A topology of its own for each test. */
const nextPrefix = (): string => `t${(prefixes += 1)}`;

const refusalOf = async (work: Promise<unknown>): Promise<PawlError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PawlError, `nothing was refused: ${String(thrown)}`);
  assert.is(thrown.code, 'topology-mismatch', thrown.message);
  return thrown;
};

test('creates everything once; a second run changes nothing', async () => {
  const prefix = nextPrefix();
  const first = await provision(connection, { prefix });
  assert.is(first.partitions, 32);
  assert.equal(
    [...first.created].sort(),
    topologyOf({ prefix })
      .map(({ name }) => name)
      .sort(),
  );
  assert.equal(await provision(connection, { prefix }), {
    created: [],
    updated: [],
    partitions: 32,
  });
});

test('the journal is as the design has it', async () => {
  const prefix = nextPrefix();
  await provision(connection, { prefix, partitions: 7 });
  const { config } = await jsm.streams.info(topologyNames(prefix).journal);
  assert.is(config.deny_delete, true);
  assert.is(config.deny_purge, false);
  assert.is(config.allow_direct, true);
  assert.is(config.allow_rollup_hdrs, false);
  assert.is(config.max_consumers, 10_000);
  assert.is(config.duplicate_window, 120_000_000_000);
  assert.not.ok(config.allow_msg_ttl);
  assert.not.ok(config.allow_msg_schedules);
  assert.not.ok(config.subject_delete_marker_ttl);
  assert.is(
    config.subject_transform?.dest,
    `${prefix}.journal.{{partition(7,2,3)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(1)}}`,
  );
});

test('several processes at once: all succeed, each stream is created by one', async () => {
  const prefix = nextPrefix();
  const connections = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
  const results = await Promise.all(
    connections.map((each) => provision(each, { prefix, partitions: 4 })),
  );
  assert.is((await checkTopology(connection, { prefix, partitions: 4 })).differences.length, 0);
  assert.equal(
    results.map(({ partitions }) => partitions),
    [4, 4, 4, 4],
  );
});

test('partitions and replicas that are not asked for stay as they are', async () => {
  const prefix = nextPrefix();
  await provision(connection, { prefix, partitions: 5 });
  assert.is((await provision(connection, { prefix })).partitions, 5);
  assert.is((await checkTopology(connection, { prefix })).partitions, 5);
});

test('a check changes nothing and names what is missing', async () => {
  const prefix = nextPrefix();
  const found = await checkTopology(connection, { prefix });
  assert.is(found.missing.length, topologyOf({ prefix }).length);
  assert.is(found.partitions, undefined);
  assert.is((await checkTopology(connection, { prefix })).missing.length, found.missing.length);
});

test('another number of partitions is refused, naming both, and nothing is changed', async () => {
  const prefix = nextPrefix();
  const { journal, progress } = topologyNames(prefix);
  await provision(connection, { prefix, partitions: 4 });
  await jsm.streams.delete(progress);
  const refusal = await refusalOf(provision(connection, { prefix, partitions: 8 }));
  assert.equal(refusal.details, { stream: journal, field: 'partitions', found: 4, wanted: 8 });
  assert.match(refusal.message, /partitions 4, asked for is 8/);
  assert.match(refusal.message, /another account or prefix/);
  const after = await checkTopology(connection, { prefix });
  assert.equal(after.missing, [progress]);
  assert.is(after.partitions, 4);
});

interface Damage {
  readonly what: string;
  readonly stream: 'journal' | 'timers' | 'emitted' | 'snapshots';
  readonly change: Partial<StreamConfig>;
  readonly field: string;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'a journal that takes other subjects',
    stream: 'journal',
    change: { subjects: ['elsewhere.in.*.*.*'] },
    field: 'subjects',
  },
  {
    what: 'a journal with message TTLs',
    stream: 'journal',
    change: { allow_msg_ttl: true },
    field: 'allow_msg_ttl',
  },
  {
    what: 'a journal without timers',
    stream: 'journal',
    change: { sources: [] },
    field: 'sources',
  },
  {
    what: 'emitted events that are a work queue',
    stream: 'emitted',
    change: { retention: 'workqueue' },
    field: 'retention',
  },
];

for (const { what, stream, change, field } of DAMAGES)
  test(`${what} is refused, naming stream and field`, async () => {
    const prefix = nextPrefix();
    const names = topologyNames(prefix);
    const name = names[stream];
    for (const settings of topologyOf({ prefix }))
      await jsm.streams.add({ ...settings, ...(settings.name === name && change) });
    const refusal = await refusalOf(provision(connection, { prefix }));
    assert.is(refusal.details['stream'], name);
    assert.is(refusal.details['field'], field);
    assert.match(refusal.message, new RegExp(`${name} has ${field} .*asked for is`));
  });

test('a timer stream that is missing under a journal is refused', async () => {
  const prefix = nextPrefix();
  const { timers } = topologyNames(prefix);
  await provision(connection, { prefix });
  await jsm.streams.delete(timers);
  const refusal = await refusalOf(provision(connection, { prefix }));
  assert.is(refusal.details['stream'], timers);
  assert.match(refusal.message, /missing under the existing journal/);
  assert.match(refusal.message, /pawl rebuild/);
});

test('a timer stream that was recreated under a journal is refused', async () => {
  const prefix = nextPrefix();
  const { timers } = topologyNames(prefix);
  await provision(connection, { prefix });
  const { config } = await jsm.streams.info(timers);
  await jsm.streams.delete(timers);
  await jsm.streams.add(config);
  const refusal = await refusalOf(provision(connection, { prefix }));
  assert.is(refusal.details['stream'], timers);
  assert.is(refusal.details['field'], 'created');
  assert.match(refusal.message, /another one/);
});

test('a timer stream younger than a journal without a mark is refused', async () => {
  const prefix = nextPrefix();
  const { timers } = topologyNames(prefix);
  for (const settings of topologyOf({ prefix })) await jsm.streams.add(settings);
  const { config } = await jsm.streams.info(timers);
  assert.equal((await provision(connection, { prefix })).updated, []);
  await jsm.streams.delete(timers);
  await jsm.streams.add(config);
  const refusal = await refusalOf(provision(connection, { prefix }));
  assert.is(refusal.details['stream'], timers);
});

test('harmless differences are updated; limits that an operator set are kept', async () => {
  const prefix = nextPrefix();
  const { journal, emitted } = topologyNames(prefix);
  await provision(connection, { prefix });
  await jsm.streams.update(journal, { duplicate_window: 1_000_000_000, discard: 'old' });
  await jsm.streams.update(emitted, { description: 'mine', max_age: 30 * 86_400_000_000_000 });
  const { updated } = await provision(connection, { prefix });
  assert.equal(updated, [journal]);
  const kept = (await jsm.streams.info(emitted)).config;
  assert.equal([kept.description, kept.max_age], ['mine', 30 * 86_400_000_000_000]);
  const { config } = await jsm.streams.info(journal);
  assert.is(config.duplicate_window, 120_000_000_000);
  assert.is(config.discard, 'new');
});

test('a journal with a limit is refused: what a limit takes away is lost', async () => {
  const prefix = nextPrefix();
  const { journal } = topologyNames(prefix);
  await provision(connection, { prefix });
  for (const [field, limit, unlimited] of [
    ['max_age', 3_600_000_000_000, 0],
    ['max_bytes', 1_000_000_000, -1],
    ['max_msgs', 300, -1],
    ['max_msgs_per_subject', 5, -1],
  ] as const) {
    await jsm.streams.update(journal, { [field]: limit });
    const refusal = await refusalOf(provision(connection, { prefix }));
    assert.equal([refusal.details['stream'], refusal.details['field']], [journal, field]);
    assert.match(refusal.message, `nats stream edit ${journal} --${field.replaceAll('_', '-')} `);
    await jsm.streams.update(journal, { [field]: unlimited });
  }
  assert.equal((await provision(connection, { prefix })).updated, []);
});

test('what only adds safety is switched on: no rollup, no deletes, enough consumers', async () => {
  const prefix = nextPrefix();
  const { journal } = topologyNames(prefix);
  const weak = { allow_rollup_hdrs: true, deny_delete: false, max_consumers: 10 };
  for (const settings of topologyOf({ prefix }))
    await jsm.streams.add({ ...settings, ...(settings.name === journal && weak) });
  assert.equal((await provision(connection, { prefix })).updated, [journal]);
  const { config } = await jsm.streams.info(journal);
  assert.is(config.allow_rollup_hdrs, false);
  assert.is(config.deny_delete, true);
  assert.is(config.max_consumers, 10_000);
  await jsm.streams.update(journal, { ...config, max_consumers: 20_000 } as typeof config);
  assert.equal((await provision(connection, { prefix })).updated, []);
});

test('entries land in the partition that partitionOf computes, with any prefix', async () => {
  const prefix = 'my.own.app';
  await provision(connection, { prefix, partitions: 13 });
  const ports = openPorts(connection, { prefix });
  const ids = Array.from({ length: 60 }, (_, index) => `id_${index * 7919}-x`);
  const body = Buffer.from('{}');
  for (const id of ids) {
    const actor = { type: 'volume', id };
    await ports.journal.append({ ...actor, kindToken: 'event', body });
    const partition = partitionOf('volume', id, 13);
    const subject = ports.subjects.journal(partition, actor, 'event');
    const stored = await jsm.streams.getMessage(topologyNames(prefix).journal, {
      last_by_subj: subject,
    });
    assert.is(stored?.subject, subject);
  }
  await ports.close();
});

test('a bucket is one for `nats kv`', async () => {
  const prefix = nextPrefix();
  await provision(connection, { prefix });
  const { config } = await jsm.streams.info(`KV_${prefix}-snapshots`);
  assert.equal(config.subjects, [`$KV.${prefix}-snapshots.>`]);
  assert.is(config.max_msgs_per_subject, 1);
  assert.is(config.allow_rollup_hdrs, true);
  assert.is(config.deny_delete, true);
  assert.is(config.discard, 'new');
});

test('a prefix that would be a wildcard is refused', async () => {
  for (const prefix of ['', 'a..b', '>', 'a.*', 'a b']) {
    const error: unknown = await provision(connection, { prefix }).catch(
      (thrown: unknown) => thrown,
    );
    assert.is(error instanceof PawlError && error.code, 'invalid-name', prefix);
  }
});

test('ports on a missing topology say what to do', async () => {
  const ports = openPorts(connection, { prefix: 'nowhere' });
  const error = await ports.journal.identity().catch((thrown: unknown) => thrown);
  assert.instance(error, PawlError);
  assert.match((error as PawlError).message, /no stream NOWHERE_JOURNAL.*provision/);
  await ports.close();
});

test.run();

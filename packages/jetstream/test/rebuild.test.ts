// rebuild(): the timer stream comes back so that the journal takes its timers; the rest is made.
import { PawlError, type StoredEntry } from '@pawl/core';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { waitInRealTime } from '@pawl/testing/contracts';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  openInspector,
  openPorts,
  provision,
  rebuild,
  topologyNames,
  type Connection,
  type OpenPorts,
} from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('rebuild');
const actor = { type: 'volume', id: 'vol-1' };
const SOURCED_WITHIN_MS = 15_000;
let server: TestServer;
let connection: Connection;
let jsm: JetStreamManager;
let ports: OpenPorts;
let prefix: string;
let prefixes = 0;
let armed = 0;

test.before(async () => {
  server = await startTestServer({ topology: false });
  connection = await server.connect();
  jsm = await jetstreamManager(connection.nats);
});

test.before.each(async () => {
  prefixes += 1;
  prefix = `p${prefixes}`;
  await provision(connection, { prefix, partitions: 4 });
  ports = openPorts(connection, { prefix });
});

test.after.each(() => ports.close());
test.after(() => server.stop());

/** Arms a timer and waits until it stands in the journal. */
const fire = async (): Promise<void> => {
  armed += 1;
  const before = await ports.journal.head(actor);
  const body = Buffer.from('{}');
  await ports.timers.arm({ actor, generation: `1-${armed}-aaaaaaaa`, dueAt: 1, body });
  let found: readonly StoredEntry[] = [];
  await waitInRealTime(
    async () => {
      found = await ports.journal.read(actor, { from: before + 1 });
      return found.length > 0;
    },
    { timeoutMs: SOURCED_WITHIN_MS },
  );
  assert.equal(
    found.map(({ kindToken }) => kindToken),
    ['timer'],
    'one, and no older one again',
  );
};

test('a timer stream that was deleted comes back above what was sourced, and is sourced', async () => {
  const { timers } = topologyNames(prefix);
  await fire();
  await fire();
  await jsm.streams.delete(timers);
  const { created } = await rebuild(connection, { prefix });
  assert.equal(created, [timers]);
  const inspector = openInspector(connection, { prefix });
  const source = await inspector.timerSource();
  await inspector.close();
  assert.ok(source?.isOwn && source.last >= (source.sourced ?? 0), JSON.stringify(source));
  await fire();
});

test('one that was made by hand is replaced', async () => {
  const { timers } = topologyNames(prefix);
  await fire();
  const { config } = await jsm.streams.info(timers);
  await jsm.streams.delete(timers);
  await jsm.streams.add(config);
  assert.equal((await rebuild(connection, { prefix })).created, [timers]);
  await fire();
});

test('a source that was taken from the journal comes back', async () => {
  const { journal } = topologyNames(prefix);
  await fire();
  const { config } = await jsm.streams.info(journal);
  await jsm.streams.update(journal, { ...config, sources: [] });
  assert.equal((await rebuild(connection, { prefix })).created, []);
  await fire();
});

test('what is made anew has other sequences than what it replaces, and hosts can tell', async () => {
  const names = topologyNames(prefix);
  const before = await ports.visits.identity();
  const queue = names.commands('regular');
  const { state } = await jsm.streams.info(queue);
  await jsm.streams.delete(queue);
  let told = 0;
  ports.bus.subscribe(ports.subjects.rebuilt(), () => (told += 1));
  await rebuild(connection, { prefix });
  await waitInRealTime(() => told > 0);
  assert.ok((await jsm.streams.info(queue)).state.first_seq > state.last_seq + 1_000_000_000);
  assert.is.not(await ports.visits.identity(), before);
});

test('nothing is rebuilt where nothing is missing', async () => {
  await fire();
  const before = await ports.visits.identity();
  const { created, updated, refoldedUpTo } = await rebuild(connection, { prefix });
  assert.equal([created, updated, refoldedUpTo], [[], [], undefined]);
  assert.is(await ports.visits.identity(), before);
});

test('a journal is never made up', async () => {
  const refusal: unknown = await rebuild(connection, { prefix: 'nowhere' }).catch(
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof PawlError && refusal.code === 'topology-mismatch');
  assert.match(refusal.message, /There is no journal NOWHERE_JOURNAL/);
});

test('visits are kept by service and partition, and actors are read from the journal', async () => {
  assert.is(await ports.visits.load('storage', 3), undefined);
  await ports.visits.save('storage', 3, 'one');
  await ports.visits.save('storage', 3, 'two');
  assert.is(await ports.visits.load('storage', 3), 'two');
  assert.is(await ports.visits.load('network', 3), undefined);
  const body = Buffer.from('{}');
  for (const id of ['a', 'b', 'a'])
    await ports.journal.append({ type: 'volume', id, kindToken: 'event', body });
  const found = [0, 1, 2, 3].map((partition) => ports.visits.actors(partition, 'volume'));
  const ids = (await Promise.all(found)).flat().map(({ id }) => id);
  assert.equal(ids.toSorted(), ['a', 'b']);
  assert.equal(await ports.visits.actors(0, 'router'), []);
});

test.run();

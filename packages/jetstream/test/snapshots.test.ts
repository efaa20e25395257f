// Snapshots beyond the contract: many headers fast, parts that leave nothing behind.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { SnapshotHeader } from '@pawl/core';
import type { OpenPorts } from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('snapshots in a bucket');
const BUCKET = 'KV_pawl-snapshots';
let server: TestServer;
let ports: OpenPorts;
let jsm: JetStreamManager;

test.before(async () => {
  server = await startTestServer();
  const opened = await server.open();
  ports = opened.ports;
  jsm = await jetstreamManager(opened.connection.nats);
});
test.after(() => server.stop());

const headerOf = (id: string, sequence: number): SnapshotHeader => ({
  type: 'volume',
  id,
  sequence,
  entryTime: 1_700_000_000_000,
  journal: '2026-01-01T00:00:00Z',
  version: '1.0.0',
  digest: 'abc',
  status: 'active',
  value: '{"life":"in \\"use\\""}',
  tags: ['settled', 'grün'],
  since: 1_700_000_000_001,
  dueAt: 1_700_000_009_999,
});

const keysOf = async (id: string): Promise<string[]> => {
  const filter = `$KV.pawl-snapshots.*.volume.${id}.>`;
  const { state } = await jsm.streams.info(BUCKET, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {});
};

test('ten thousand headers in well under a second, bodies unread', async () => {
  const body = new Uint8Array(500);
  const count = 10_000;
  for (let start = 0; start < count; start += 1_000)
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        ports.snapshots.save(9, headerOf(`many-${start + index}`, 1), body, 0),
      ),
    );
  const startedAt = performance.now();
  const headers = await ports.snapshots.headers(9);
  const tookMs = performance.now() - startedAt;
  assert.is(headers.length, count);
  assert.is(new Set(headers.map(({ id }) => id)).size, count);
  const header = headers.find(({ id }) => id === 'many-77');
  assert.equal(header, headerOf('many-77', 1));
  assert.ok(tookMs < 1_000, `took ${Math.round(tookMs)} ms`);
});

test('the scan leaves no consumer behind', async () => {
  await ports.snapshots.headers(9, 'volume');
  const { state } = await jsm.streams.info(BUCKET);
  assert.is(state.consumer_count, 0);
});

test('parts of a large state go when it is saved again, shrinks or is removed', async () => {
  const large = Buffer.alloc(2_500_000, 'x');
  const save = (sequence: number, body: Uint8Array, revision?: number) =>
    ports.snapshots.save(1, headerOf('large', sequence), body, revision);
  const first = await save(1, large);
  const before = await keysOf('large');
  assert.is(before.length, 3);
  await save(2, Buffer.concat([large, large]), first.revision);
  const after = await keysOf('large');
  assert.is(after.length, 6);
  assert.not.ok(after.some((key) => before.includes(key)));
  const loaded = await ports.snapshots.load(1, { type: 'volume', id: 'large' });
  assert.is(loaded?.body.length, 5_000_000);
  await save(3, Buffer.from('small'), loaded?.revision);
  assert.equal(await keysOf('large'), []);
  await save(4, large);
  await ports.snapshots.remove(1, { type: 'volume', id: 'large' });
  assert.equal(await keysOf('large'), []);
});

test('a large state that loses the race leaves no parts', async () => {
  const large = Buffer.alloc(1_500_000, 'x');
  await ports.snapshots.save(1, headerOf('race', 9), Buffer.from('newer'));
  const other = await server.open();
  const lost = await other.ports.snapshots.save(1, headerOf('race', 5), large, 0);
  assert.is(lost.saved, false);
  assert.equal(await keysOf('race'), []);
});

test('a snapshot that is read while others write it in parts is never torn', async () => {
  const stateOf = (byte: number): Uint8Array => Buffer.alloc(1_300_000, byte);
  const actor = { type: 'volume', id: 'torn' };
  const other = await server.open();
  await ports.snapshots.save(1, headerOf('torn', 1), stateOf(1));
  let isWriting = true;
  const writing = (async () => {
    for (let sequence = 2; sequence <= 25; sequence += 1)
      await ports.snapshots.save(1, headerOf('torn', sequence), stateOf(sequence));
    isWriting = false;
  })();
  while (isWriting) {
    const loaded = await other.ports.snapshots.load(1, actor);
    const sequence = loaded?.header.sequence ?? 0;
    assert.ok(Buffer.from(loaded?.body ?? []).equals(stateOf(sequence)), `torn at ${sequence}`);
  }
  await writing;
});

test('a header that Pawl did not write is named', async () => {
  const { connection } = await server.open();
  connection.nats.publish('$KV.pawl-snapshots.1.volume.foreign', 'x');
  await connection.nats.flush();
  const loading = ports.snapshots.load(1, { type: 'volume', id: 'foreign' });
  const error: unknown = await loading.catch((thrown: unknown) => thrown);
  assert.match(String(error), /volume\/foreign has no header Pawl-Sequence/);
});

test('what cannot be read is left out and named, and the next save replaces it', async () => {
  const { connection } = await server.open();
  const sound = { ...headerOf('sound', 1), type: 'tape' };
  const garbled = { ...headerOf('garbled', 7), type: 'tape', value: '{' };
  const foreign = { ...headerOf('strange', 1), type: 'tape' };
  await ports.snapshots.save(2, sound, new Uint8Array(1), 0);
  await ports.snapshots.save(2, garbled, new Uint8Array(1), 0);
  await connection.nats.request('$KV.pawl-snapshots.2.tape.strange', 'x');
  const read = async (): Promise<{ readonly ids: string[]; readonly unreadable: string[] }> => {
    const unreadable: string[] = [];
    const take = ({ id }: { readonly id: string }): unknown => unreadable.push(id);
    const headers = await ports.snapshots.headers(2, 'tape', take);
    return { ids: headers.map(({ id }) => id).toSorted(), unreadable: unreadable.toSorted() };
  };
  assert.equal(await read(), { ids: ['sound'], unreadable: ['garbled', 'strange'] });
  const { snapshots, hasMore } = await ports.snapshots.changes('tape', undefined, 10);
  assert.equal([snapshots.map(({ header }) => header.id), hasMore], [['sound'], false]);
  for (const header of [{ ...garbled, value: '"ok"', sequence: 8 }, foreign])
    assert.ok((await ports.snapshots.save(2, header, new Uint8Array(1), 0)).saved, header.id);
  assert.equal(await read(), { ids: ['garbled', 'sound', 'strange'], unreadable: [] });
});

test('parts whose head could not be stored go with the next save', async () => {
  const large = new Uint8Array(2_500_000);
  // The head has this among its headers: the parts are stored, and it is refused.
  const tooLong = { ...headerOf('half', 2), value: 'x'.repeat(1_200_000) };
  await ports.snapshots.save(3, headerOf('half', 1), new Uint8Array(10), 0);
  const failure = await ports.snapshots.save(3, tooLong, large).then(() => undefined, String);
  assert.match(failure ?? '', 'payload');
  assert.is((await keysOf('half')).length, 3, 'the parts are there');
  await ports.snapshots.save(3, headerOf('half', 3), new Uint8Array(10));
  assert.equal(await keysOf('half'), []);
});

test.run();

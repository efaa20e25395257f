// Attacks at the level of the broker: what a client, a dead host or a lost message cannot do.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { HEADER, partitionOf, PawlError, type ActorAddress, type Delivery } from '@pawl/core';
import type { DeliveryListener, Headers } from '@pawl/core';
import { waitInRealTime } from '@pawl/testing/contracts';
import type { Connection, OpenPorts } from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const PARTITIONS = 4;
const test = suite('attacks on the broker');
const body = Buffer.from('{"type":"GO"}');
let server: TestServer;
let connection: Connection;
let ports: OpenPorts;
let jsm: JetStreamManager;
let actors = 0;

test.before(async () => {
  server = await startTestServer({ topology: { partitions: PARTITIONS } });
  ({ connection, ports } = await server.open());
  jsm = await jetstreamManager(connection.nats);
});
test.after(() => server.stop());

const nextActor = (): ActorAddress => ({ type: `type-${(actors += 1)}`, id: 'a' });

const append = (actor: ActorAddress, headers: Headers = {}, kindToken = 'event') =>
  ports.journal.append({ ...actor, kindToken, body, headers });

const refusalOf = async (work: Promise<unknown>): Promise<PawlError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PawlError, 'the broker took it');
  return thrown;
};

class Recorder implements DeliveryListener {
  readonly deliveries: Delivery[] = [];
  unpinned = 0;
  onDelivery(delivery: Delivery): void {
    this.deliveries.push(delivery);
  }
  onUnpinned(): void {
    this.unpinned += 1;
  }
  onTrouble(): void {}
}

test('a client that publishes a timer has no stream source, and may not claim one', async () => {
  const actor = nextActor();
  await append(actor, {}, 'timer');
  const [entry] = await ports.journal.read(actor);
  assert.is(entry?.kindToken, 'timer');
  assert.not.ok(HEADER.streamSource in (entry?.headers ?? {}));
  const source = { [HEADER.streamSource]: 'PAWL_TIMERS 1 > > pawl.fired.x.y' };
  assert.is((await refusalOf(append(actor, source, 'timer'))).code, 'broker-refused');
  assert.is((await ports.journal.read(actor)).length, 1);
});

const FORBIDDEN: readonly [what: string, headers: Headers][] = [
  ['a rollup of the whole journal', { 'Nats-Rollup': 'all' }],
  ['a rollup of a subject', { 'Nats-Rollup': 'sub' }],
  ['a message that vanishes', { 'Nats-TTL': '1s' }],
  [
    'a schedule to any subject',
    { 'Nats-Schedule': '@every 1s', 'Nats-Schedule-Target': 'pawl.in.admin.a.b' },
  ],
];

for (const [what, headers] of FORBIDDEN)
  test(`the journal refuses ${what}`, async () => {
    const actor = nextActor();
    await append(actor);
    assert.is((await refusalOf(append(actor, headers))).code, 'broker-refused');
    assert.is((await ports.journal.read(actor)).length, 1);
  });

test('no entry can be deleted', async () => {
  const actor = nextActor();
  const { sequence } = await append(actor);
  const error: unknown = await jsm.streams
    .deleteMessage('PAWL_JOURNAL', sequence)
    .catch((thrown: unknown) => thrown);
  assert.match(String(error), /not permitted/);
  assert.is((await ports.journal.get(sequence))?.sequence, sequence);
});

test('headers that only the server may set cannot be passed off as its own', async () => {
  const actor = nextActor();
  await ports.journal.provisionConsumers('forged', [actor.type]);
  const forged = {
    'Nats-Pin-Id': 'forged',
    'Nats-Stream': 'ELSEWHERE',
    'Nats-Subject': 'pawl.journal.0.other.b.admin',
    'Nats-Sequence': '1',
    'Nats-Time-Stamp': '1999-01-01T00:00:00Z',
    'Pawl-By': 'ann',
  };
  const { sequence } = await append(actor, forged);
  await append(actor);
  const [entry] = await ports.journal.read(actor);
  assert.is(entry?.sequence, sequence);
  assert.is(entry?.id, actor.id);
  assert.ok((entry?.time ?? 0) > Date.parse('2020-01-01'));
  assert.equal(entry?.headers, { 'Pawl-By': 'ann' });
  assert.equal(await ports.journal.get(sequence), entry);
  const recorder = new Recorder();
  const partition = partitionOf(actor.type, actor.id, PARTITIONS);
  const consumer = await ports.journal.consume('forged', partition, recorder);
  await waitInRealTime(() => recorder.deliveries.length === 2);
  assert.equal(recorder.deliveries[0]?.entry, entry);
  const pins = recorder.deliveries.map(({ pinId }) => pinId);
  assert.not.ok(pins.includes('forged'));
  assert.is(new Set(pins).size, 1);
  await consumer.close();
});

test('fired timers land in the partition that partitionOf computes', async () => {
  const all = Array.from({ length: 12 }, () => nextActor());
  for (const actor of all)
    await ports.timers.arm({ actor, generation: '1-0-aaaaaaaa', dueAt: 0, body });
  for (const actor of all) {
    const subject = ports.subjects.journal(
      partitionOf(actor.type, actor.id, PARTITIONS),
      actor,
      'timer',
    );
    await waitInRealTime(async () => (await ports.journal.read(actor)).length === 1);
    const stored = await jsm.streams.getMessage('PAWL_JOURNAL', { last_by_subj: subject });
    assert.is(stored?.subject, subject);
  }
});

test('a disarmed timer leaves nothing behind', async () => {
  const actor = nextActor();
  const timer = { actor, generation: '1-0-bbbbbbbb', dueAt: 4_000_000_000_000, body };
  await ports.timers.arm(timer);
  await ports.timers.disarm(actor, timer.generation);
  const subject = ports.subjects.timer(actor, timer.generation);
  await waitInRealTime(
    async () =>
      (await jsm.streams.info('PAWL_TIMERS', { subjects_filter: subject })).state.subjects ===
      undefined,
  );
});

test('a dead host is followed by another within the pin timeout and a second', async () => {
  const actor = nextActor();
  const partition = partitionOf(actor.type, actor.id, PARTITIONS);
  await ports.journal.provisionConsumers('failover', [actor.type]);
  const dying = await server.open();
  const [first, second] = [new Recorder(), new Recorder()];
  await dying.ports.journal.consume('failover', partition, first);
  await append(actor);
  await waitInRealTime(() => first.deliveries.length === 1);
  const consumer = await ports.journal.consume('failover', partition, second);
  await dying.connection.close();
  const diedAt = performance.now();
  await append(actor);
  await waitInRealTime(async () => {
    // The entry may have gone to the dead one before the server saw it go: then, as a host does.
    const { isPinned, ackPending } = await consumer.status();
    if (!isPinned && ackPending > 0) await consumer.reset();
    return second.deliveries.length > 0;
  });
  const tookMs = performance.now() - diedAt;
  assert.ok(tookMs < 4_000, `took ${Math.round(tookMs)} ms`);
  assert.is.not(second.deliveries[0]?.pinId, first.deliveries[0]?.pinId);
  await consumer.close();
});

test('RESET delivers everything unacknowledged in order from consumer sequence 1', async () => {
  const actor = nextActor();
  const partition = partitionOf(actor.type, actor.id, PARTITIONS);
  await ports.journal.provisionConsumers('reset', [actor.type]);
  const recorder = new Recorder();
  const consumer = await ports.journal.consume('reset', partition, recorder);
  const sequences: number[] = [];
  for (let index = 0; index < 600; index += 1) sequences.push((await append(actor)).sequence);
  await waitInRealTime(() => recorder.deliveries.length === 600);
  // Acks out of order: the floor stays below the first gap.
  for (const index of [0, 1, 2, 4, 599]) recorder.deliveries[index]?.ack();
  await waitInRealTime(async () => (await consumer.status()).ackPending === 595);
  recorder.deliveries.length = 0;
  await consumer.reset();
  await waitInRealTime(() => recorder.deliveries.length === 597);
  assert.equal(
    recorder.deliveries.map(({ entry }) => entry.sequence),
    sequences.slice(3),
  );
  assert.equal(
    recorder.deliveries.map(({ consumerSequence }) => consumerSequence),
    Array.from({ length: 597 }, (_, index) => index + 1),
  );
  await consumer.close();
});

test('a host that waits without work keeps the partition that it has', async () => {
  const actor = nextActor();
  const partition = partitionOf(actor.type, actor.id, PARTITIONS);
  await ports.journal.provisionConsumers('keep', [actor.type]);
  const rival = await server.open();
  const [first, second] = [new Recorder(), new Recorder()];
  const consumer = await ports.journal.consume('keep', partition, first);
  await append(actor);
  await waitInRealTime(() => first.deliveries.length === 1);
  const waiting = await rival.ports.journal.consume('keep', partition, second);
  // Longer than the pin timeout of three seconds, with nothing but pulls.
  const startedAt = performance.now();
  await waitInRealTime(() => performance.now() - startedAt > 4_500);
  await append(actor);
  await waitInRealTime(() => first.deliveries.length === 2);
  assert.is(second.deliveries.length, 0);
  assert.is(first.unpinned, 0);
  await consumer.close();
  await waiting.close();
});

test.run();

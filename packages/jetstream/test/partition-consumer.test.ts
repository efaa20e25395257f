// Partition consumers beyond the contract: provisioning races, old journals, idle cost, restarts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { partitionOf, type ActorAddress, type Delivery, type SnapshotHeader } from '@pawl/core';
import { waitInRealTime } from '@pawl/testing/contracts';
import type { Connection, OpenPorts } from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const PARTITIONS = 2;
const test = suite('partition consumers');
const body = Buffer.from('{"type":"GO"}');
let server: TestServer;
let connection: Connection;
let ports: OpenPorts;
let jsm: JetStreamManager;
let names = 0;

test.before(async () => {
  server = await startTestServer({ topology: { partitions: PARTITIONS } });
  ({ connection, ports } = await server.open());
  jsm = await jetstreamManager(connection.nats);
});
test.after(() => server.stop());

const nextType = (): string => `type-${(names += 1)}`;

/** An actor of this type in partition 0. */
const actorOf = (type: string, start = 0): ActorAddress => {
  let index = start;
  while (partitionOf(type, `id-${index}`, PARTITIONS) !== 0) index += 1;
  return { type, id: `id-${index}` };
};

const append = async (actor: ActorAddress): Promise<number> =>
  (await ports.journal.append({ ...actor, kindToken: 'event', body })).sequence;

/** Opens partition 0 and acknowledges all that comes. */
const record = async (service: string, through: OpenPorts = ports) => {
  const deliveries: Delivery[] = [];
  const troubles: Error[] = [];
  const consumer = await through.journal.consume(service, 0, {
    onDelivery: (delivery) => {
      deliveries.push(delivery);
      delivery.ack();
    },
    onUnpinned: () => undefined,
    onTrouble: (error) => troubles.push(error),
  });
  return { consumer, deliveries, troubles };
};

test('are made as the design has them', async () => {
  const type = nextType();
  await ports.journal.provisionConsumers('design', [type]);
  const { config } = await jsm.consumers.info('PAWL_JOURNAL', 'host-design-1');
  assert.equal(config.filter_subjects, [`pawl.journal.1.${type}.*.*`]);
  assert.is(config.ack_policy, 'explicit');
  assert.is(config.ack_wait, 3_600_000_000_000);
  assert.is(config.max_deliver, -1);
  assert.is(config.max_ack_pending, 5_000);
  assert.equal(config.priority_groups, ['host']);
  assert.is(config.priority_policy, 'pinned_client');
  assert.is(config.priority_timeout, 3_000_000_000);
});

test('hosts with different types provision at once: the filters are those of all', async () => {
  const types = Array.from({ length: 6 }, nextType);
  const others = await Promise.all(types.map(() => server.open()));
  await Promise.all(
    others.map((other, index) =>
      other.ports.journal.provisionConsumers('races', [types[index] ?? '']),
    ),
  );
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const { config } = await jsm.consumers.info('PAWL_JOURNAL', `host-races-${partition}`);
    assert.equal(
      config.filter_subjects,
      types.map((type) => `pawl.journal.${partition}.${type}.*.*`).toSorted(),
    );
  }
});

test('a type that comes later gets its old entries, and no open one is skipped', async () => {
  const [early, late] = [nextType(), nextType()];
  await ports.journal.provisionConsumers('grows', [early]);
  const first = await append(actorOf(early));
  const unread = await append(actorOf(early));
  const lateEntry = await append(actorOf(late));
  await ports.journal.provisionConsumers('grows', [late]);
  const { consumer, deliveries } = await record('grows');
  await waitInRealTime(() => deliveries.length === 3);
  assert.equal(
    deliveries.map(({ entry }) => entry.sequence),
    [first, unread, lateEntry],
  );
  await consumer.close();
});

const headerOf = (actor: ActorAddress, sequence: number, journal: string): SnapshotHeader => ({
  ...actor,
  sequence,
  journal,
  entryTime: 1,
  version: '1',
  digest: 'd',
  status: 'active',
  value: '"ok"',
  tags: [],
  since: 1,
});

test('a new consumer over an old journal starts after what snapshots cover', async () => {
  const type = nextType();
  const [settled, behind, unknown] = [actorOf(type), actorOf(type, 50), actorOf(type, 100)];
  const { created } = await ports.journal.identity();
  for (const actor of [settled, behind, settled]) await append(actor);
  const last = await append(settled);
  const uncovered = await append(behind);
  const unseen = await append(unknown);
  const save = (actor: ActorAddress, sequence: number, journal = created) =>
    ports.snapshots.save(0, headerOf(actor, sequence, journal), body);
  await save(settled, last);
  await save(behind, last);
  await save(unknown, unseen, 'another journal');
  await ports.journal.provisionConsumers('old', [type]);
  const { consumer, deliveries } = await record('old');
  const fresh = await append(settled);
  await waitInRealTime(() => deliveries.length >= 3);
  assert.equal(
    deliveries.map(({ entry }) => entry.sequence),
    [uncovered, unseen, fresh],
  );
  assert.is(deliveries[0]?.consumerSequence, 1);
  await consumer.close();
});

test('a new consumer over a journal that is covered delivers only what is new', async () => {
  const type = nextType();
  const actor = actorOf(type);
  await append(actor);
  const last = await append(actor);
  const { created } = await ports.journal.identity();
  await ports.snapshots.save(0, headerOf(actor, last, created), body);
  await ports.journal.provisionConsumers('covered', [type]);
  const { consumer, deliveries } = await record('covered');
  const fresh = await append(actor);
  await waitInRealTime(() => deliveries.length > 0);
  assert.is(deliveries[0]?.entry.sequence, fresh);
  await consumer.close();
});

test('a closed pull that is still open at the broker gets nothing, and no pin', async () => {
  const type = nextType();
  const first = await server.open();
  await ports.journal.provisionConsumers('closed', [type]);
  const closed = await record('closed', first.ports);
  const other = await record('closed');
  await closed.consumer.close();
  await first.ports.bus.flush();
  await append(actorOf(type));
  await waitInRealTime(() => other.deliveries.length === 1, { timeoutMs: 1_000 });
  assert.is(closed.deliveries.length, 0);
  await other.consumer.close();
});

test('idle: about one pull a second', async () => {
  const idle = await server.open();
  await ports.journal.provisionConsumers('idle', [nextType()]);
  const listener = {
    onDelivery: () => undefined,
    onUnpinned: () => undefined,
    onTrouble: () => undefined,
  };
  const consumers = await Promise.all(
    [0, 1].map((partition) => idle.ports.journal.consume('idle', partition, listener)),
  );
  const before = idle.connection.nats.stats();
  const startedAt = performance.now();
  await waitInRealTime(() => performance.now() - startedAt > 3_000);
  const after = idle.connection.nats.stats();
  // Three pulls and their ends for each of two partitions, and one of each for the rhythm.
  assert.ok(after.outMsgs - before.outMsgs <= 8, `sent ${after.outMsgs - before.outMsgs}`);
  assert.ok(after.inMsgs - before.inMsgs <= 8, `got ${after.inMsgs - before.inMsgs}`);
  assert.ok(after.outMsgs - before.outMsgs >= 4, `sent ${after.outMsgs - before.outMsgs}`);
  for (const consumer of consumers) await consumer.close();
});

test('go on after the server was killed and restarted', async () => {
  const type = nextType();
  const actor = actorOf(type);
  await ports.journal.provisionConsumers('restart', [type]);
  const { consumer, deliveries, troubles } = await record('restart');
  await append(actor);
  await waitInRealTime(() => deliveries.length === 1);
  await server.server.kill();
  await waitInRealTime(() => troubles.length > 0);
  await server.server.restart();
  await waitInRealTime(() => connection.isConnected);
  const fresh = await append(actor);
  await waitInRealTime(() => deliveries.at(-1)?.entry.sequence === fresh);
  await consumer.close();
});

test('a deleted consumer is trouble that is told, and provisioning mends it', async () => {
  const type = nextType();
  const actor = actorOf(type);
  await ports.journal.provisionConsumers('deleted', [type]);
  const { consumer, deliveries, troubles } = await record('deleted');
  await append(actor);
  await waitInRealTime(() => deliveries.length === 1);
  await jsm.consumers.delete('PAWL_JOURNAL', 'host-deleted-0');
  await waitInRealTime(() => troubles.length > 0);
  await ports.journal.provisionConsumers('deleted', [type]);
  const fresh = await append(actor);
  await waitInRealTime(() => deliveries.at(-1)?.entry.sequence === fresh);
  await consumer.close();
});

test('a consumer that was never provisioned is named', async () => {
  const error: unknown = await record('nobody').catch((thrown: unknown) => thrown);
  assert.match(String(error), /no consumer host-nobody-0.*provisionConsumers/);
});

test.run();

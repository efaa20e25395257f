// Contract of the port Journal: partition consumers, pins, acks and RESET.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { partitionOf, type ActorAddress } from '@pawl/core';
import type { PartitionConsumer, Ports } from '@pawl/core';
import { bodyOf, contractSuite, uniqueActor, uniqueName } from './contract-broker.ts';
import type { OpenBroker } from './contract-broker.ts';
import { DeliveryRecorder } from './delivery-recorder.ts';

interface Place {
  readonly service: string;
  readonly actor: ActorAddress;
  readonly partition: number;
}

/** The suite; end the test file with `test.run();`. */
export const partitionConsumerContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('partition consumer', name, open);

  /** A service of its own with one type, and an actor of it. */
  const place = async (types: readonly string[] = []): Promise<Place> => {
    const service = uniqueName('service');
    const actor = uniqueActor();
    const { partitions } = await ports().journal.identity();
    await ports().journal.provisionConsumers(service, [actor.type, ...types]);
    return { service, actor, partition: partitionOf(actor.type, actor.id, partitions) };
  };
  /** An actor of another type in the same partition. */
  const actorIn = async (partition: number): Promise<ActorAddress> => {
    const { partitions } = await ports().journal.identity();
    let actor = uniqueActor();
    while (partitionOf(actor.type, actor.id, partitions) !== partition) actor = uniqueActor();
    return actor;
  };
  const append = async (actor: ActorAddress, count: number): Promise<number[]> => {
    const body = bodyOf('{"type":"GO"}');
    const appends = Array.from({ length: count }, () =>
      ports().journal.append({ ...actor, kindToken: 'event', body }),
    );
    return (await Promise.all(appends)).map(({ sequence }) => sequence).sort((a, b) => a - b);
  };
  const consume = (
    { service, partition }: Place,
    recorder: DeliveryRecorder,
    through: Ports = ports(),
  ): Promise<PartitionConsumer> => through.journal.consume(service, partition, recorder);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  test('tells which entries the broker has checked to be the first', async () => {
    const here = await place();
    const recorder = new DeliveryRecorder();
    await consume(here, recorder);
    const create = { ...here.actor, kindToken: 'create', body: bodyOf('{}') };
    await ports().journal.append({ ...create, expectedLastSequence: 0 });
    await append(here.actor, 1);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    assert.equal(
      recorder.deliveries.map(({ isFirst }) => isFirst),
      [true, false],
    );
  });

  test('delivers in order, counts, and tells how many wait', async () => {
    const here = await place();
    const before = await append(here.actor, 3);
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    assert.is(consumer.partition, here.partition);
    await broker().waitFor(() => recorder.deliveries.length === 3);
    const after = await append(here.actor, 2);
    await broker().waitFor(() => recorder.deliveries.length === 5);
    assert.equal(recorder.sequences, [...before, ...after]);
    assert.equal(recorder.positions, [1, 2, 3, 4, 5]);
    assert.is(new Set(recorder.deliveries.map(({ pinId }) => pinId)).size, 1);
    assert.ok(recorder.deliveries.every(({ isRedelivery }) => !isRedelivery));
    assert.equal(
      recorder.deliveries.slice(0, 3).map(({ waiting }) => waiting),
      [2, 1, 0],
    );
    await consumer.close();
  });

  test('a service gets its own types only, and what was there before it', async () => {
    const service = uniqueName('service');
    const { journal } = ports();
    const { partitions } = await journal.identity();
    const own = uniqueActor();
    const partition = partitionOf(own.type, own.id, partitions);
    const foreign = await actorIn(partition);
    const [first] = await append(own, 1);
    await append(foreign, 1);
    const [second] = await append(own, 1);
    await journal.provisionConsumers(service, [own.type]);
    const recorder = new DeliveryRecorder();
    const consumer = await journal.consume(service, partition, recorder);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    assert.equal(recorder.sequences, [first, second]);
    await consumer.close();
  });

  test('one host at a time: unpin gives the partition to the one that waits', async () => {
    const here = await place();
    const other = await broker().connect();
    const [first, second] = [new DeliveryRecorder(), new DeliveryRecorder()];
    const consumer = await consume(here, first);
    const [one] = await append(here.actor, 1);
    await broker().waitFor(() => first.deliveries.length === 1);
    const waiting = await consume(here, second, other.ports);
    const [two] = await append(here.actor, 1);
    await broker().waitFor(() => first.deliveries.length === 2);
    first.deliveries.forEach((delivery) => delivery.ack());
    await broker().waitFor(async () => (await consumer.status()).ackPending === 0);
    await consumer.unpin();
    const [three] = await append(here.actor, 1);
    await broker().waitFor(() => second.deliveries.length === 1);
    await broker().waitFor(() => first.unpinned >= 1);
    assert.equal(first.sequences, [one, two]);
    assert.equal(second.sequences, [three]);
    assert.is.not(second.deliveries[0]?.pinId, first.deliveries[0]?.pinId);
    await consumer.close();
    await waiting.close();
    await other.end();
  });

  test('a dead host loses the pin; the next one gets what is new, all after RESET', async () => {
    const here = await place();
    const dying = await broker().connect();
    const [first, second] = [new DeliveryRecorder(), new DeliveryRecorder()];
    await consume(here, first, dying.ports);
    const old = await append(here.actor, 4);
    await broker().waitFor(() => first.deliveries.length === 4);
    first.deliveries[0]?.ack();
    first.deliveries[1]?.ack();
    const consumer = await consume(here, second);
    await broker().waitFor(async () => (await consumer.status()).ackPending === 2);
    const { isPinned, isPinnedHere } = await consumer.status();
    assert.equal([isPinned, isPinnedHere], [true, false], "the pin is told from one's own");
    await dying.end();
    // Before that, the broker may still send to the connection that is just being closed.
    await broker().waitFor(async () => !(await consumer.status()).isPinned);
    const [fresh] = await append(here.actor, 1);
    await broker().waitFor(() => second.deliveries.length > 0);
    // Nothing says that entries are missing but the consumer sequence.
    assert.equal(second.sequences, [fresh]);
    assert.is.not(second.deliveries[0]?.consumerSequence, 1);
    await consumer.reset();
    await broker().waitFor(() => second.deliveries.length === 4);
    assert.equal(second.sequences.slice(1), [...old.slice(2), fresh]);
    assert.equal(second.positions.slice(1), [1, 2, 3]);
    await consumer.close();
  });

  test('an idle partition of a dead host shows no pin but acks; RESET delivers', async () => {
    const here = await place();
    const dying = await broker().connect();
    const [first, second] = [new DeliveryRecorder(), new DeliveryRecorder()];
    await consume(here, first, dying.ports);
    const sequences = await append(here.actor, 3);
    await broker().waitFor(() => first.deliveries.length === 3);
    await dying.end();
    const consumer = await consume(here, second);
    await broker().waitFor(async () => !(await consumer.status()).isPinned);
    assert.is((await consumer.status()).ackPending, 3);
    assert.equal(second.sequences, []);
    await consumer.reset();
    await broker().waitFor(() => second.deliveries.length === 3);
    assert.equal(second.sequences, sequences);
    assert.equal(second.positions, [1, 2, 3]);
    const { isPinned, isPinnedHere } = await consumer.status();
    assert.equal([isPinned, isPinnedHere], [true, true]);
    await consumer.close();
  });

  test('RESET after everything is acknowledged delivers only what is new, from 1', async () => {
    const here = await place();
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    await append(here.actor, 3);
    await broker().waitFor(() => recorder.deliveries.length === 3);
    recorder.deliveries.forEach((delivery) => delivery.ack());
    await broker().waitFor(async () => (await consumer.status()).ackPending === 0);
    await consumer.reset();
    const [fresh] = await append(here.actor, 1);
    await broker().waitFor(() => recorder.deliveries.length === 4);
    assert.is(recorder.sequences[3], fresh);
    assert.is(recorder.positions[3], 1);
    await consumer.close();
  });

  test('acks still work after close', async () => {
    const here = await place();
    const [first, second] = [new DeliveryRecorder(), new DeliveryRecorder()];
    const closing = await consume(here, first);
    await append(here.actor, 2);
    await broker().waitFor(() => first.deliveries.length === 2);
    await closing.close();
    first.deliveries.forEach((delivery) => delivery.ack());
    const consumer = await consume(here, second);
    await broker().waitFor(async () => (await consumer.status()).ackPending === 0);
    await consumer.close();
  });

  test('provisioning again changes nothing', async () => {
    const here = await place();
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    await append(here.actor, 2);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    await ports().journal.provisionConsumers(here.service, [here.actor.type]);
    await append(here.actor, 1);
    await broker().waitFor(() => recorder.deliveries.length === 3);
    assert.equal(recorder.positions, [1, 2, 3]);
    await consumer.close();
  });

  test('a filter that grows never skips what is not acknowledged', async () => {
    const here = await place();
    const { journal } = ports();
    const late = await actorIn(here.partition);
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    const [unread] = await append(here.actor, 1);
    const [older] = await append(late, 1);
    const [newer] = await append(here.actor, 1);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    await journal.provisionConsumers(here.service, [late.type]);
    await broker().waitFor(() => recorder.deliveries.length === 5);
    assert.equal(recorder.sequences.slice(2), [unread, older, newer]);
    await consumer.close();
  });

  test('a consumer made over an old journal starts after what snapshots cover', async () => {
    const { journal, snapshots } = ports();
    const { partitions, created } = await journal.identity();
    const actor = uniqueActor();
    const service = uniqueName('service');
    const partition = partitionOf(actor.type, actor.id, partitions);
    const [, second = 0, third] = await append(actor, 3);
    const entryTime = (await journal.get(second))?.time ?? 0;
    const facts = {
      version: '1',
      digest: 'd',
      status: 'active',
      value: '"ok"',
      tags: [],
      since: 0,
    };
    const header = { ...actor, sequence: second, entryTime, journal: created, ...facts };
    await snapshots.save(partition, header, bodyOf('state'));
    await journal.provisionConsumers(service, [actor.type]);
    const recorder = new DeliveryRecorder();
    const consumer = await journal.consume(service, partition, recorder);
    await broker().waitFor(() => recorder.deliveries.length === 1);
    assert.equal([recorder.sequences, recorder.positions], [[third], [1]]);
    await consumer.close();
  });

  test('a filter that grows starts over at the first entry of the new type', async () => {
    const here = await place();
    const { journal } = ports();
    const late = await actorIn(here.partition);
    const [older = 0] = await append(late, 1);
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    const own = await append(here.actor, 2);
    await broker().waitFor(() => recorder.deliveries.length === 2);
    recorder.deliveries.forEach((delivery) => delivery.ack());
    await broker().waitFor(async () => (await consumer.status()).ackPending === 0);
    await journal.provisionConsumers(here.service, [late.type]);
    await broker().waitFor(() => recorder.sequences.includes(older));
    await broker().waitFor(() => recorder.deliveries.length === 5);
    assert.equal(recorder.sequences.slice(2), [older, ...own]);
    assert.equal(recorder.positions.slice(2), [1, 2, 3]);
    await consumer.close();
  });

  test('5,000 entries may be under way, no more; RESET works with a full window', async () => {
    const here = await place();
    const recorder = new DeliveryRecorder();
    const consumer = await consume(here, recorder);
    const sequences: number[] = [];
    for (let part = 0; part < 11; part += 1) sequences.push(...(await append(here.actor, 500)));
    await broker().waitFor(() => recorder.deliveries.length === 5000, { timeoutMs: 30_000 });
    await broker().waitFor(async () => (await consumer.status()).waiting === 500);
    assert.is((await consumer.status()).ackPending, 5000);
    recorder.deliveries.length = 0;
    await consumer.reset();
    await broker().waitFor(() => recorder.deliveries.length === 5000, { timeoutMs: 30_000 });
    assert.equal(recorder.positions, upTo(5000));
    assert.equal(recorder.sequences, sequences.slice(0, 5000));
    for (const delivery of [...recorder.deliveries]) delivery.ack();
    await broker().waitFor(() => recorder.deliveries.length === 5500, { timeoutMs: 30_000 });
    assert.equal(recorder.sequences, sequences);
    await consumer.close();
  });

  return test;
};

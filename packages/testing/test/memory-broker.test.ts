// What only the memory broker can be made to do with the journal: cuts, stalls, faults at its seam.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { promptNetwork, type Crossing } from '@pawl/testing';
import {
  actor,
  append,
  body,
  codeOf,
  faultyNetwork,
  open,
  partition,
  positions,
  startHost,
} from './memory-world.ts';

const test = suite('memory broker: journal');

test('a connection cut after an append has left: stored, and the outcome is unknown', async () => {
  const world = open();
  const appending = codeOf(
    world.client.journal.append({
      ...actor,
      kindToken: 'event',
      body,
      messageId: 'volume/vol-1/1',
    }),
  );
  world.client.connection.cut();
  assert.is(await appending, 'outcome-unknown');
  await world.clock.settle();
  assert.is(world.broker.entries(actor).length, 1);
  assert.is(await codeOf(world.client.journal.head(actor)), 'no-connection');
  world.client.connection.restore();
  const again = { ...actor, kindToken: 'event', body, messageId: 'volume/vol-1/1' };
  assert.equal(await world.client.journal.append(again), { sequence: 1, duplicate: true });
  world.client.connection.close();
  assert.is(await codeOf(world.client.journal.head(actor)), 'closed');
});

test('an answer that never comes: unknown after the time for requests', async () => {
  const world = open(
    faultyNetwork(({ kind, direction }) => kind === 'append' && direction === 'to-client', 'drop'),
  );
  const appending = codeOf(world.client.journal.append({ ...actor, kindToken: 'event', body }));
  await world.clock.advance('5s');
  assert.is(await appending, 'outcome-unknown');
  assert.is(world.broker.entries(actor).length, 1);
});

test('a cut host misses entries, keeps its pin within 3 s, and sees the gap', async () => {
  let lose: (() => void) | undefined;
  const world = open((crossing, carry) => {
    if (crossing.kind === 'delivery') lose?.();
    promptNetwork(crossing, carry);
  });
  const host = await startHost(world, 'host');
  await append(world, 3);
  await world.clock.settle();
  assert.equal(positions(host), [1, 2, 3]);
  // The delivery of the fourth is on its way when the connection is lost.
  lose = () => host.ports.connection.cut();
  await append(world, 1);
  lose = undefined;
  await world.clock.advance('1s');
  host.ports.connection.restore();
  await append(world, 1);
  await world.clock.settle();
  assert.is(host.unpinned, 0);
  assert.is(positions(host).at(-1), 5);
  await host.consumer.reset();
  await world.clock.settle();
  assert.equal(positions(host).slice(-5), [1, 2, 3, 4, 5]);
  assert.is(world.broker.partition('storage', partition)?.resets, 1);
});

test('a hung host loses the pin after 3 s; its late acks and deliveries still arrive', async () => {
  const world = open();
  const hung = await startHost(world, 'hung');
  await append(world, 2);
  await world.clock.settle();
  const next = await startHost(world, 'next');
  hung.ports.connection.stall();
  hung.deliveries[0]?.ack();
  await append(world, 1);
  await world.clock.advance('2900ms');
  assert.equal([positions(hung), positions(next)], [[1, 2], []]);
  await world.clock.advance('200ms');
  await append(world, 1);
  await world.clock.settle();
  assert.equal(positions(next), [4]);
  assert.is(world.broker.partition('storage', partition)?.ackPending, 4);
  hung.ports.connection.resume();
  await world.clock.settle();
  // It finds out only now, after working on what its socket had kept.
  assert.equal([positions(hung), hung.unpinned], [[1, 2, 3], 1]);
  assert.is(world.broker.partition('storage', partition)?.ackFloor, 1);
});

test('acks of a zombie after a RESET are harmless', async () => {
  const world = open();
  const zombie = await startHost(world, 'zombie');
  await append(world, 4);
  await world.clock.settle();
  const next = await startHost(world, 'next');
  zombie.ports.connection.stall();
  for (const delivery of zombie.deliveries.slice(0, 3)) delivery.ack();
  await world.clock.advance('4s');
  await next.consumer.reset();
  await world.clock.settle();
  assert.equal(positions(next), [1, 2, 3, 4]);
  zombie.ports.connection.resume();
  await world.clock.settle();
  assert.is(world.broker.partition('storage', partition)?.ackFloor, 3);
  next.deliveries.forEach((delivery) => delivery.ack());
  await world.clock.settle();
  assert.is(world.broker.partition('storage', partition)?.ackFloor, 4);
});

test('RESET repeats what was acknowledged above the floor, as the server does', async () => {
  const world = open();
  const host = await startHost(world, 'host');
  await append(world, 3);
  await world.clock.settle();
  host.deliveries[0]?.ack();
  host.deliveries[2]?.ack();
  await world.clock.settle();
  await host.consumer.reset();
  await world.clock.settle();
  assert.equal(
    host.deliveries
      .slice(3)
      .map(({ entry, consumerSequence }) => [entry.sequence, consumerSequence]),
    [
      [2, 1],
      [3, 2],
    ],
  );
});

test('a delivery dropped at the seam leaves a gap, a repeated one comes twice', async () => {
  let seen = 0;
  const isSecond = ({ kind, connection }: Crossing): boolean =>
    kind === 'delivery' && connection === 'host' && (seen += 1) === 2;
  const dropping = open(faultyNetwork(isSecond, 'drop'));
  const host = await startHost(dropping, 'host');
  await append(dropping, 3);
  await dropping.clock.settle();
  assert.equal(positions(host), [1, 3]);

  seen = 0;
  const repeating = open(faultyNetwork(isSecond, 'repeat'));
  const other = await startHost(repeating, 'host');
  await append(repeating, 3);
  await repeating.clock.settle();
  assert.equal(positions(other), [1, 2, 2, 3]);
});

test.run();

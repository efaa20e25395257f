// Hosts share partitions: who joins gets its share, who leaves or dies leaves it to the others.
import { partitionOf } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('share keeper');
const PARTITIONS = 8;

/** One ledger in each partition. */
const ledgers = (): string[] => {
  const ids: string[] = [];
  for (let index = 0; ids.filter(Boolean).length < PARTITIONS; index += 1)
    ids[partitionOf('ledger', `l-${index}`, PARTITIONS)] ??= `l-${index}`;
  return ids;
};

const touchAll = async (world: HostWorld): Promise<void> => {
  for (const id of ledgers())
    await world.append({ type: 'ledger', id }, 'event', { type: 'ADD', by: 1 });
  await world.clock.settle();
};

const heldBy = (world: HostWorld, name: string): readonly number[] =>
  world.hosts.get(name)?.host.held()['shop'] ?? [];

/** Touches all partitions until this holds; time that took, ms. */
const untilShared = async (world: HostWorld, holds: () => boolean): Promise<number> => {
  const startedAt = world.clock.now();
  await world.until(async () => {
    await touchAll(world);
    return holds();
  });
  return world.clock.now() - startedAt;
};

const begin = async (): Promise<HostWorld> => {
  const world = new HostWorld(PARTITIONS);
  await world.start('one');
  for (const id of ledgers()) await world.create({ type: 'ledger', id });
  await untilShared(world, () => heldBy(world, 'one').length === PARTITIONS);
  return world;
};

test('a host that joins has its share soon, and nobody has a partition twice', async () => {
  const world = await begin();
  await world.start('two');
  const took = await untilShared(world, () => heldBy(world, 'two').length === 4);
  assert.ok(took <= 5_000, `${took} ms`);
  assert.equal(
    [...heldBy(world, 'one'), ...heldBy(world, 'two')].toSorted((one, other) => one - other),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  await world.untilQuiet();
  world.checkAgreement();
});

test('what was given away is pulled again at once when the other leaves', async () => {
  const world = await begin();
  const { host } = await world.start('two');
  await untilShared(world, () => heldBy(world, 'two').length === 4);
  const startedAt = world.clock.now();
  const stopping = host.stop();
  await touchAll(world);
  await world.within(stopping);
  await world.untilQuiet();
  assert.equal(heldBy(world, 'one').length, PARTITIONS);
  assert.ok(world.clock.now() - startedAt <= 500, `${world.clock.now() - startedAt} ms`);
  world.checkAgreement();
});

test('what was given away is pulled again when the other dies', async () => {
  const world = await begin();
  const { ports } = await world.start('two');
  await untilShared(world, () => heldBy(world, 'two').length === 4);
  ports.connection.close();
  const startedAt = world.clock.now();
  await touchAll(world);
  await world.until(() => heldBy(world, 'one').length === PARTITIONS);
  assert.ok(world.clock.now() - startedAt <= 5_000, `${world.clock.now() - startedAt} ms`);
});

test('an entry of a type that a host lacks does not wait while another host has the type', async () => {
  const world = await begin();
  const { ledger: _lacking, ...machines } = MACHINES;
  const { lines } = await world.start('two', machines);
  for (let round = 0; round < 10; round += 1) {
    await world.clock.advance(500);
    await touchAll(world);
    await world.untilQuiet();
    const parked = ledgers().filter((id) => world.parked({ type: 'ledger', id }) !== undefined);
    assert.equal(parked, [], `round ${round}`);
  }
  assert.equal(heldBy(world, 'two'), []);
  world.checkAgreement();
  const told = lines.filter((line) => line.includes('different types'));
  assert.is(told.length, 1);
  assert.match(told[0] ?? '', '"lacks":["ledger"],"othersLack":[]');
  const stopping = world.hosts.get('one')?.host.stop() ?? Promise.resolve();
  await world.within(stopping);
  await world.create({ type: 'order', id: 'late' }, { ledger: 'total' });
  await world.until(() => world.saved({ type: 'order', id: 'late' }) !== undefined);
});

test.run();

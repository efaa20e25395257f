// The sweep: commands past their deadline, timers that were lost, partitions that nobody has.
import { encodeBody } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld } from './world/host-world.ts';

const test = suite('sweep');

const order = { type: 'order', id: 'o-1' };

const stop = (world: HostWorld, name: string): Promise<void> =>
  world.within(world.hosts.get(name)?.host.stop() ?? Promise.resolve());

const expiredEntries = (world: HostWorld): number =>
  world.broker.entries(order).filter(({ kindToken }) => kindToken === 'host').length;

/** Timers are armed, but the broker forgets them, as a recreated stream would. */
const loseTimers = (world: HostWorld): void => {
  world.faults.push(({ kind }) => (kind === 'fire' ? 'taken' : 'carry'));
};

test('a command without an answer is expired at its deadline, within a minute, once', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  await world.clock.advance('9m');
  assert.is(world.saved(order)?.snapshot.value, 'brewing');
  await world.clock.advance('2m');
  assert.is(world.saved(order)?.snapshot.value, 'erred');
  await world.clock.advance('10m');
  assert.is(expiredEntries(world), 1);
  world.checkAgreement();
});

test('a timer that never fired is armed again a minute after it was due', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  loseTimers(world);
  await world.send(order, { type: 'WAIT' });
  await world.clock.advance('50s');
  assert.is(world.saved(order)?.snapshot.value, 'waiting');
  world.faults = [];
  await world.clock.advance('40s');
  assert.is(world.saved(order)?.snapshot.value, 'waiting', 'due, but not overdue');
  await world.clock.advance('80s');
  assert.is(world.saved(order)?.snapshot.value, 'idle');
  world.checkAgreement();
});

test('a timer that is lost again is armed again', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  loseTimers(world);
  await world.send(order, { type: 'WAIT' });
  await world.clock.advance('5m');
  world.faults = [];
  await world.clock.advance('3m');
  assert.is(world.saved(order)?.snapshot.value, 'idle');
});

test('what could not be appended is tried at the next sweep', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  await world.clock.advance('9m');
  world.faults.push(({ kind, connection }) =>
    kind === 'append' && connection === 'one' ? 'taken' : 'carry',
  );
  await world.clock.advance('4m');
  assert.is(expiredEntries(world), 0);
  world.faults = [];
  await world.clock.advance('3m');
  assert.is(world.saved(order)?.snapshot.value, 'erred');
});

test('a parked actor is not swept: entries would only pile up', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create({ type: 'ledger', id: 'total' });
  await world.create(order, { ledger: 'total' });
  await world.send(order, { type: 'PING' });
  await world.send(order, { type: 'BIG' });
  await world.untilQuiet();
  assert.ok(world.parked(order));
  await world.clock.advance('30m');
  assert.is(expiredEntries(world), 0);
});

test('hosts that start on a partition at rest do what is overdue there', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  await stop(world, 'one');
  await world.clock.advance('20m');
  const { host } = await world.start('two');
  await world.until(() => world.saved(order)?.snapshot.value === 'erred');
  assert.equal(host.held()['shop'], [0], 'the entry has brought the partition here');
  assert.is(expiredEntries(world), 1);
  world.checkAgreement();
});

test('a partition at rest is looked after for as long as nobody has it', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  loseTimers(world);
  await world.send(order, { type: 'WAIT' });
  await world.untilQuiet();
  await stop(world, 'one');
  const { host } = await world.start('two');
  await world.clock.advance('30s');
  world.faults = [];
  assert.equal(host.held()['shop'], []);
  await world.clock.advance('3m');
  assert.is(world.saved(order)?.snapshot.value, 'idle');
});

test('a deadline that was met costs nothing', async () => {
  const world = new HostWorld();
  const { host } = await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  const pending = Object.values(world.saved(order)?.pending.commands ?? {})[0];
  const body = { task: 'brew', path: 'brew', generation: pending?.generation, outcome: 'done' };
  await world.append(order, 'reply-kitchen', encodeBody({ ...body, output: { cups: 2 } }));
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.context['cups'], 2);
  const { steps, loads } = host.counters();
  await world.clock.advance('30m');
  assert.is(host.counters().steps, steps);
  assert.is(host.counters().loads, loads);
});

test.run();

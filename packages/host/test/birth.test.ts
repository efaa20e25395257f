// Births: with and without a version, a second create, children of others, two hosts that decide.
import { encodeBody, encodeJson, PawlError } from '@pawl/core';
import { startHost } from '@pawl/host';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';
import { HostWorld, MACHINES } from './world/host-world.ts';
import { orderMachine, orderMachineOf } from './world/machines.ts';

const test = suite('birth');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };
const parent = { type: 'parent', id: 'p-1' };

const kindsOf = (world: HostWorld, actor: { type: string; id: string }): string[] =>
  world.broker.entries(actor).map(({ kindToken }) => kindToken);

test('a create that the broker has checked needs no load', async () => {
  const world = new HostWorld();
  const { host } = await world.start('one');
  await world.create(ledger);
  await world.untilQuiet();
  const { loads } = host.counters();
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  assert.is(world.saved(order)?.version, '1');
  assert.is(host.counters().loads, loads);
  assert.equal(kindsOf(world, order), ['create']);
});

test('a create without a version is born once the journal says by which', async () => {
  const world = new HostWorld();
  await world.start('one', { ...MACHINES, order: [orderMachine, orderMachineOf('2')] });
  await world.append(order, 'create', encodeJson({ input: { ledger: ledger.id } }));
  await world.send(order, { type: 'WAIT' });
  await world.untilQuiet();
  const state = world.saved(order);
  assert.is(state?.version, '2', 'the newest');
  assert.is(state?.snapshot.value, 'waiting', 'what came before the decision is folded after it');
  assert.is(kindsOf(world, order).filter((kind) => kind === 'host').length, 1);
  world.checkAgreement({ ...MACHINES, order: [orderMachine, orderMachineOf('2')] });
});

test('the first born entry counts, whoever appended it, and an unreadable one does not', async () => {
  const world = new HostWorld();
  await world.append(order, 'create', { input: { ledger: ledger.id } });
  await world.append(order, 'host', new Uint8Array([0xff]));
  await world.append(order, 'host', { type: 'born', version: '1' });
  const machines = { ...MACHINES, order: [orderMachine, orderMachineOf('2')] };
  await world.start('one', machines);
  await world.untilQuiet();
  assert.is(world.saved(order)?.version, '1');
  assert.equal(kindsOf(world, order), ['create', 'host', 'host'], 'nothing is decided again');
  world.checkAgreement(machines);
});

test('a birth that was decided before its create is delivered is not decided again', async () => {
  const world = new HostWorld();
  const machines = { ...MACHINES, order: [orderMachine, orderMachineOf('2')] };
  await world.start('one', machines);
  await world.create(ledger);
  await world.untilQuiet();
  const late: (() => void)[] = [];
  world.faults.push(({ kind }, carry) => {
    if (kind !== 'delivery') return 'carry';
    late.push(carry);
    return 'taken';
  });
  await world.create(order, { ledger: ledger.id }, '');
  await world.append(order, 'host', { type: 'born', version: '1' });
  world.faults = [];
  for (const carry of late) carry();
  await world.untilQuiet();
  assert.is(world.saved(order)?.version, '1');
  assert.equal(kindsOf(world, order), ['create', 'host']);
  world.checkAgreement(machines);
});

test('a refused create without a version leaves one dead letter, not one for the birth too', async () => {
  const world = new HostWorld();
  await world.start('one');
  const sequence = await world.append(order, 'create', { input: { ledger: 7 } });
  await world.untilQuiet();
  assert.equal(kindsOf(world, order), ['create', 'host'], 'its version was decided');
  assert.equal(
    world.broker.deadLetters().map(({ id, error }) => [id, error.code]),
    [[`journal-${sequence}`, 'invalid-input']],
  );
});

test('a host that dies between the born entry and the birth', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.start('two');
  world.killAt('one', ({ kind, direction }) => kind === 'append' && direction === 'to-client');
  await world.append(order, 'create', { input: { ledger: ledger.id } });
  await world.until(() => world.saved(order) !== undefined);
  await world.untilQuiet();
  assert.is(world.saved(order)?.version, '1');
  world.checkAgreement();
});

test('what stands before the create is refused, and does not spoil the id', async () => {
  const world = new HostWorld();
  await world.start('one');
  const early = await world.ask(order, 'event', { type: 'PING' });
  assert.ok(early.outcome === 'refused' && early.error.code === 'no-such-actor');
  const unasked = await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  assert.equal(
    world.broker.deadLetters().map(({ id }) => id),
    [`journal-${unasked}`],
  );
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.value, 'idle');
});

test('a second create is refused, and changes nothing', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: ledger.id });
  const answer = await world.ask(order, 'create', { input: { ledger: 'other' } });
  assert.ok(answer.outcome === 'refused' && answer.error.code === 'actor-exists');
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.context['ledger'], 'total');
});

test('after its end, a create begins the next life', async () => {
  const world = new HostWorld();
  await world.start('one');
  const first = await world.create(order, { ledger: ledger.id });
  await world.send(order, { type: 'END' });
  await world.untilQuiet();
  assert.is(world.saved(order)?.status, 'done');
  await world.within(
    world.ports.journal.append({
      ...order,
      kindToken: 'create',
      body: encodeBody({ input: { ledger: 'next' } }),
      headers: { 'Pawl-Version': '1' },
      expectedLastSequence: first,
    }),
  );
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.context['ledger'], 'next');
  world.checkAgreement();
});

test('a remote child is created once, however often its create is repeated', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.start('two');
  world.killAt(
    'one',
    ({ kind, direction, subject }) =>
      kind === 'append' && direction === 'to-client' && subject.includes('.child.order.'),
  );
  await world.create(ledger);
  await world.create(parent, { child: 'o-1' });
  await world.until(() => world.saved(parent) !== undefined);
  await world.untilQuiet();
  assert.equal(kindsOf(world, order), ['child']);
  assert.is(world.saved(parent)?.snapshot.value, 'waiting');
  await world.send(order, { type: 'END' });
  await world.until(() => world.saved(parent)?.snapshot.value === 'served');
  await world.untilQuiet();
  world.checkAgreement();
});

test('an id that is taken by another is an error event for the parent', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: ledger.id });
  await world.create(parent, { child: 'o-1' });
  await world.until(() => world.saved(parent)?.snapshot.value === 'refused');
  await world.untilQuiet();
  assert.is(world.saved(parent)?.snapshot.context['error'], 'actor-exists');
  world.checkAgreement();
});

test('a client cannot say who the parent of an actor is', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(parent, { child: 'o-1' });
  await world.until(() => world.saved(parent)?.snapshot.value === 'waiting');
  const child = world.saved(parent)?.pending.children['child'];
  const link = { ...parent, path: 'child', generation: child?.generation };
  const answer = await world.ask({ type: 'order', id: 'o-2' }, 'create', { parent: link });
  assert.ok(answer.outcome === 'refused' && answer.error.code === 'invalid-entry');
  // Without an answer to send, too, nothing is written into the journal of the parent.
  const before = await world.ports.journal.head(parent);
  await world.append(order, 'create', { parent: link });
  await world.untilQuiet();
  assert.is(await world.ports.journal.head(parent), before);
  assert.is(world.saved(parent)?.snapshot.value, 'waiting');
});

test('an id longer than 128 characters is refused', async () => {
  const world = new HostWorld();
  await world.start('one');
  const answer = await world.ask({ type: 'order', id: 'x'.repeat(129) }, 'create', {});
  assert.ok(answer.outcome === 'refused' && answer.error.code === 'invalid-id');
});

test('a create of the other kind finds the actor that is not in memory', async () => {
  const world = new HostWorld();
  const { host } = await world.start('one');
  await world.create(ledger);
  await world.create(parent, { child: 'o-1' });
  await world.until(() => world.saved(parent)?.snapshot.value === 'waiting');
  await world.untilQuiet();
  await world.within(host.stop());
  await world.start('two');
  const before = world.saved(order)?.bornAt;
  assert.type(before, 'number');
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  assert.is(world.saved(order)?.bornAt, before);
  world.checkAgreement();
});

test('a type with the name of a built-in one is refused, and other hosts start after it', async () => {
  const world = new HostWorld();
  const own = createMachine({ id: 'job', version: '1', initial: 'a', states: { a: {} } });
  const { ports } = world;
  try {
    await startHost({ ports, service: 'mine', machines: { job: own } });
    assert.unreachable('it started');
  } catch (error) {
    assert.ok(error instanceof PawlError && error.code === 'reserved-type', String(error));
  }
  assert.equal(await ports.registry.machines(), []);
});

test.run();

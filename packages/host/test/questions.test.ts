// Questions: state, history, lists and whether a command is still pending, from any host.
import type { PendingReply, QuestionReply } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld } from './world/host-world.ts';

const test = suite('questions');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };

const brewing = async (world: HostWorld): Promise<string> => {
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.send(order, { type: 'PING' });
  await world.untilQuiet();
  return world.saved(order)?.pending.commands['brew']?.generation ?? '';
};

const isPending = async (world: HostWorld, generation: string): Promise<boolean> =>
  (
    await world.request<PendingReply>(world.broker.subjects.pending(order), {
      path: 'brew',
      generation,
    })
  ).pending;

test('a state is that of the journal at its head, whichever host is asked', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.start('two');
  await brewing(world);
  for (let asked = 0; asked < 4; asked += 1) {
    const sequence = await world.append(order, 'event', { type: 'NOTE', by: 1 });
    const reply = await world.query(order);
    assert.ok('state' in reply);
    assert.is(reply.state.sequence, sequence);
    assert.is(reply.state.value, 'brewing');
  }
});

test('an actor that nobody has created', async () => {
  const world = new HostWorld();
  await world.start('one');
  const reply = await world.query({ type: 'order', id: 'nobody' });
  assert.ok('error' in reply && reply.error.code === 'no-such-actor');
});

test('a wildcard in a question is no id, and reaches no actor', async () => {
  const world = new HostWorld();
  await world.start('one');
  await brewing(world);
  const reply = await world.query({ type: 'order', id: '*' });
  assert.ok('error' in reply && reply.error.code === 'invalid-id');
});

test('nonsense is answered with an error', async () => {
  const world = new HostWorld();
  await world.start('one');
  const subject = world.broker.subjects.query(order);
  const reply = await world.request<QuestionReply>(subject, { ask: 'the weather' });
  assert.ok('error' in reply && reply.error.code === 'invalid-body');
});

test('pending is true for the attempt that is waited for, and only for it', async () => {
  const world = new HostWorld();
  await world.start('one');
  const generation = await brewing(world);
  assert.ok(await isPending(world, generation));
  assert.not.ok(await isPending(world, '1-0-aaaaaaaa'));
  await world.send(order, { type: 'PING' });
  assert.not.ok(await isPending(world, generation), 'the state was entered again');
  await world.send(order, { type: 'END' });
  assert.not.ok(await isPending(world, generation));
});

test('pending right after a takeover, before the new host has folded anything', async () => {
  const world = new HostWorld();
  await world.start('one');
  const generation = await brewing(world);
  world.kill('one');
  await world.start('two');
  assert.ok(await isPending(world, generation));
  // What is in the journal counts, even if no host has had it delivered.
  await world.append(order, 'event', { type: 'END' });
  assert.not.ok(await isPending(world, generation));
});

test('history in pages, each entry with what it did', async () => {
  const world = new HostWorld();
  await world.start('one');
  await brewing(world);
  await world.append(order, 'event', { type: 'NONSENSE' });
  await world.untilQuiet();
  const subject = world.broker.subjects.query(order);
  const page = async (question: object): Promise<QuestionReply> =>
    world.request(subject, { ask: 'history', ...question });
  const first = await page({ limit: 2 });
  assert.ok('history' in first && first.next !== undefined);
  assert.equal(
    first.history.map(({ event, after }) => [event, after]),
    [
      ['create', 'idle'],
      ['PING', 'brewing'],
    ],
  );
  assert.equal(first.history[1]?.effects.map(({ kind }) => kind).toSorted(), [
    'arm',
    'command',
    'emit',
    'peer',
  ]);
  const second = await page({ from: first.next });
  assert.ok('history' in second && second.next === undefined);
  assert.equal(
    second.history.map(({ event, outcome }) => [event, outcome.kind]),
    [['NONSENSE', 'refused']],
  );
});

const idsOf = async (world: HostWorld, question?: object): Promise<string[]> => {
  const reply = await world.list('order', question);
  if ('error' in reply) throw new Error(reply.error.message);
  return reply.actors.map(({ id, value }) => `${id} ${String(value)}`);
};

test('a list is right at once, before anything is saved', async () => {
  const world = new HostWorld();
  await world.start('one', undefined, { snapshotDelayMs: 5000 });
  await world.create(order, { ledger: ledger.id });
  await world.create({ type: 'order', id: 'o-2' }, { ledger: ledger.id });
  await world.send(order, { type: 'WAIT' });
  await world.until(() => world.hosts.get('one')?.host.counters().entries === 3);
  assert.equal(world.broker.snapshots(), []);
  assert.equal(await idsOf(world), ['o-1 waiting', 'o-2 idle']);
  assert.equal(await idsOf(world, { state: 'waiting' }), ['o-1 waiting']);
});

test('a list after a crash between acknowledgement and anything else is right', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: ledger.id });
  await world.send(order, { type: 'WAIT' });
  await world.untilQuiet();
  world.kill('one');
  await world.start('two');
  // Until the pin of the dead host has run out, nobody answers: clients ask again.
  await world.until(async () => (await idsOf(world).catch(() => [])).length > 0);
  assert.equal(await idsOf(world), ['o-1 waiting']);
});

test('only the holder answers a list, and the others are silent', async () => {
  const world = new HostWorld();
  await world.start('one', undefined, { snapshotDelayMs: 60_000 });
  await world.create(order, { ledger: ledger.id });
  await world.until(() => world.hosts.get('one')?.host.counters().entries === 1);
  await world.start('two');
  await world.start('three');
  const respondents = new Set<string>();
  world.faults.push(({ kind, connection }) => {
    if (kind === 'respond') respondents.add(connection);
    return 'carry';
  });
  assert.equal(await idsOf(world), ['o-1 idle']);
  await world.clock.advance('1s');
  assert.equal([...respondents], ['one']);
});

test('a host that was hung lists what another has done, and has left, meanwhile', async () => {
  const world = new HostWorld();
  const { ports } = await world.start('one');
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  await world.start('two');
  ports.connection.stall();
  await world.clock.advance('4s');
  await world.send(order, { type: 'END' });
  await world.untilQuiet();
  world.kill('two');
  await world.clock.advance('10s');
  // The word that its pin is lost does not reach it, and nothing comes that would tell.
  world.faults.push(({ kind }) => (kind === 'unpinned' ? 'taken' : 'carry'));
  ports.connection.resume();
  assert.equal(await idsOf(world), ['o-1 ended']);
});

test('a list waits for snapshots that cannot be read yet', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  await world.within(world.hosts.get('one')?.host.stop() ?? Promise.resolve());
  let lost = 0;
  world.faults.push(({ kind, subject }) => {
    const isHeaders = kind === 'load' && subject.endsWith('headers');
    return isHeaders && (lost += 1) <= 2 ? 'taken' : 'carry';
  });
  await world.start('two');
  await world.create({ type: 'order', id: 'o-2' }, { ledger: ledger.id });
  await world.until(() => world.hosts.get('two')?.host.held()['shop']?.length === 1);
  let ids: string[] = [];
  await world.until(async () => (ids = await idsOf(world).catch(() => [])).length > 0);
  assert.equal(ids, ['o-1 idle', 'o-2 idle'], 'the first answer is complete');
  assert.ok(lost > 2);
});

test.run();

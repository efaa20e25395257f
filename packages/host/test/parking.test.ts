// Parked actors: a missing version, an effect that the broker refuses; others go on, nothing is
// lost.
import { decodeBody, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, MACHINES, type StartedHost } from './world/host-world.ts';
import { orderMachine, orderMachineOf } from './world/machines.ts';

const test = suite('parking');

const order = { type: 'order', id: 'o-1' };
const other = { type: 'order', id: 'o-2' };
const ledger = { type: 'ledger', id: 'total' };

const NEW = { ...MACHINES, order: [orderMachine, orderMachineOf('2')] };

const heardBy = (world: HostWorld): unknown => world.folded(ledger, NEW)?.snapshot.context;

const stop = (world: HostWorld, name: string): Promise<void> =>
  world.within(world.hosts.get(name)?.host.stop() ?? Promise.resolve());

test('a missing version parks its actor, others go on, and a host that has it folds on', async () => {
  const world = new HostWorld();
  await world.start('old');
  await world.create(ledger);
  const from = await world.create(order, { ledger: ledger.id }, '2');
  await world.create(other, { ledger: ledger.id });
  await world.append(order, 'event', { type: 'NOTE', by: 5 });
  await world.append(other, 'event', { type: 'NOTE', by: 1 });
  await world.append(order, 'event', { type: 'PING' });
  await world.untilQuiet();
  assert.equal(heardBy(world), { sum: 1, heard: 1 });
  assert.is(world.saved(order), undefined);
  assert.is(world.parked(order)?.code, 'version-missing');
  assert.is(world.parked(order)?.from, from);
  await world.start('new', NEW);
  await stop(world, 'old');
  // Nothing new arrives: the new host sees by itself that it can go on.
  await world.until(() => world.saved(order)?.snapshot.value === 'brewing');
  await world.untilQuiet();
  assert.equal(heardBy(world), { sum: 7, heard: 3 }, 'peer events of parked entries are sent');
  assert.is(world.broker.commands().length, 1);
  assert.is(world.broker.timers().length, 1);
  assert.is(world.parked(order), undefined);
  world.checkAgreement(NEW);
});

test('a host without the version does not say that nobody waits for a command', async () => {
  const world = new HostWorld();
  await world.start('new', NEW);
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id }, '2');
  await world.untilQuiet();
  world.faults.push(({ kind, direction }) =>
    kind === 'save' && direction === 'to-broker' ? 'taken' : 'carry',
  );
  await world.append(order, 'event', { type: 'PING' });
  await world.until(() => world.broker.commands().length === 1);
  world.kill('new');
  await world.start('old');
  const [command] = world.broker.commands();
  const { path, generation } = decodeBody(command?.body ?? new Uint8Array());
  const question = { path, generation };
  const reply = await world.request<object>(world.broker.subjects.pending(order), question);
  assert.is((reply as { error?: { code: string } }).error?.code, 'actor-parked');
});

test('who takes a partition over folds on what it can at once', async () => {
  const world = new HostWorld();
  await world.start('old');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id }, '2');
  await world.untilQuiet();
  world.killAt('old', ({ kind }) => kind === 'delivery');
  await world.append(ledger, 'event', { type: 'ADD', by: 1 });
  const { host } = await world.start('new', NEW);
  await world.until(() => host.held()['shop']?.length === 1);
  await world.clock.advance('1s');
  assert.is(world.saved(order)?.snapshot.value, 'idle');
  assert.is(world.parked(order), undefined);
});

test('a next life of a missing version waits, what the first life has decided does not', async () => {
  const world = new HostWorld();
  await world.start('old');
  await world.create(ledger);
  const first = await world.create(order, { ledger: ledger.id });
  const held: (() => void)[] = [];
  world.faults.push(({ kind, subject, connection }, carry) => {
    if (kind !== 'append' || connection !== 'old' || !subject.includes('.peer.')) return 'carry';
    held.push(carry);
    return 'taken';
  });
  await world.append(order, 'event', { type: 'NOTE', by: 5 });
  await world.append(order, 'event', { type: 'END' });
  await world.within(
    world.ports.journal.append({
      ...order,
      kindToken: 'create',
      body: new TextEncoder().encode('{"input":{"ledger":"total"}}'),
      headers: { 'Pawl-Version': '2' },
      expectedLastSequence: first,
    }),
  );
  await world.clock.advance('1s');
  world.faults = [];
  for (const carry of held) carry();
  await world.untilQuiet();
  assert.equal(heardBy(world), { sum: 5, heard: 1 });
  assert.is(world.saved(order)?.status, 'done');
  assert.is(world.parked(order)?.code, 'version-missing');
  await stop(world, 'old');
  await world.start('new', NEW);
  await world.until(() => world.saved(order)?.snapshot.value === 'idle');
  assert.equal(heardBy(world), { sum: 5, heard: 1 });
  world.checkAgreement(NEW);
});

const parkByRefusal = async (world: HostWorld): Promise<{ host: StartedHost; at: number }> => {
  const host = await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.create(other, { ledger: ledger.id });
  await world.append(order, 'event', { type: 'NOTE', by: 1 });
  await world.untilQuiet();
  const at = await world.append(order, 'event', { type: 'BIG' });
  await world.append(order, 'event', { type: 'NOTE', by: 10 });
  await world.append(other, 'event', { type: 'NOTE', by: 100 });
  await world.untilQuiet();
  return { host, at };
};

test('an effect that is refused for good parks its actor, others go on', async () => {
  const world = new HostWorld();
  const { host, at } = await parkByRefusal(world);
  assert.is(world.parked(order)?.code, 'payload-too-large');
  assert.is(world.parked(order)?.from, at);
  const state = world.saved(order);
  assert.ok(state !== undefined && state.sequence < at, 'saved before the refused step');
  assert.equal(heardBy(world), { sum: 101, heard: 2 }, 'nothing later went to the same receiver');
  assert.match(host.lines.join('\n'), /order\/o-1 is parked: An effect was refused/);
  const reply = await world.query(order);
  assert.ok('state' in reply && reply.state.parked?.code === 'payload-too-large');
  const list = await world.list('order');
  assert.ok('actors' in list);
  assert.equal(
    list.actors.map(({ id, parked }) => [id, parked]),
    [
      ['o-1', 'payload-too-large'],
      ['o-2', undefined],
    ],
  );
});

test('it stays parked for the next host, which acknowledges what arrives and folds nothing', async () => {
  const world = new HostWorld();
  const { at } = await parkByRefusal(world);
  const saved = world.saved(order);
  await stop(world, 'one');
  await world.start('two');
  await world.append(order, 'event', { type: 'PING' });
  await world.untilQuiet();
  await world.clock.advance('3m');
  assert.equal(world.saved(order), saved);
  assert.is(world.parked(order)?.from, at);
  assert.is(world.broker.commands().length, 0);
});

test('a refused effect among several open steps: all from there on are given up, none is lost', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  const held: (() => void)[] = [];
  world.faults.push(({ kind, connection }, carry) => {
    if (kind !== 'emit' || connection !== 'one') return 'carry';
    held.push(carry);
    return 'taken';
  });
  const first = await world.append(order, 'event', { type: 'PING' });
  const second = await world.append(order, 'event', { type: 'BIG' });
  await world.append(order, 'event', { type: 'NOTE', by: 10 });
  await world.clock.advance('1s');
  assert.not.ok(world.isQuiet(), 'the first step is open');
  world.faults = [];
  for (const carry of held) carry();
  await world.untilQuiet();
  assert.is(world.saved(order)?.sequence, first, 'the step before is brought to its end');
  assert.is(world.parked(order)?.from, second);
  assert.equal(heardBy(world), { sum: 1, heard: 1 });
});

test('what waits behind a refused event to the same receiver is not sent', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  const held: (() => void)[] = [];
  world.faults.push(({ kind, connection }, carry) => {
    if (kind !== 'append' || connection !== 'one') return 'carry';
    held.push(carry);
    return 'taken';
  });
  await world.append(order, 'event', { type: 'NOTE', by: 1 });
  const second = await world.append(order, 'event', { type: 'BIG' });
  await world.append(order, 'event', { type: 'NOTE', by: 10 });
  await world.clock.advance('1s');
  world.faults = [];
  for (const carry of held) carry();
  await world.untilQuiet();
  assert.is(world.parked(order)?.from, second);
  assert.equal(heardBy(world), { sum: 1, heard: 1 }, 'else the refused one would count as repeat');
});

test('a refusal that may pass parks after a minute, and the sweep folds on when it has', async () => {
  const world = new HostWorld();
  const { ports } = await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.create(other, { ledger: ledger.id });
  await world.untilQuiet();
  const publish = ports.commands.publish.bind(ports.commands);
  ports.commands.publish = async () => {
    throw new PawlError('broker-refused', 'The stream is full.');
  };
  await world.append(order, 'event', { type: 'PING' });
  await world.append(other, 'event', { type: 'NOTE', by: 10 });
  await world.clock.advance('40s');
  assert.is(world.parked(order), undefined);
  await world.until(() => world.parked(order)?.code === 'broker-refused');
  await world.untilQuiet();
  ports.commands.publish = publish;
  await world.until(() => world.saved(order)?.snapshot.value === 'brewing');
  await world.untilQuiet();
  assert.is(world.broker.commands().length, 1);
  assert.is(world.parked(order), undefined);
  assert.equal(heardBy(world), { sum: 11, heard: 2 });
  world.checkAgreement();
});

test('entries are acknowledged unfolded only once the mark is stored', async () => {
  const world = new HostWorld();
  await world.start('old');
  let saves = 0;
  world.faults.push(({ kind, connection, subject }) => {
    const isSnapshot = kind === 'save' && !subject.startsWith('_recovery');
    if (!isSnapshot || connection !== 'old') return 'carry';
    saves += 1;
    return saves <= 2 ? 'taken' : 'carry';
  });
  await world.create(order, { ledger: ledger.id }, '2');
  await world.clock.advance('4s');
  assert.not.ok(world.isQuiet(), 'the mark is lost on the way');
  assert.is(world.parked(order), undefined);
  await world.untilQuiet();
  assert.is(world.parked(order)?.code, 'version-missing');
});

test.run();

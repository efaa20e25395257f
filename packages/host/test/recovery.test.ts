// Recovery that fails itself: a host dies while it brings to an end what another has left.
import { encodeBody } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld } from './world/host-world.ts';

const test = suite('recovery');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };

const heldBy = (world: HostWorld, name: string): boolean =>
  world.hosts.get(name)?.host.held()['shop']?.length === 1;

test('no snapshot is newer than effects that recovery has not stored yet', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  const before = world.saved(order)?.sequence;
  world.killAt('one', ({ kind }) => kind === 'append');
  for (let sent = 0; sent < 3; sent += 1) await world.send(order, { type: 'PING' });
  await world.clock.advance('4s');
  // The second host gets commands and timers out, but no peer event.
  world.faults.push(({ kind, connection, subject }) =>
    kind === 'append' && connection === 'two' && subject.includes('.peer.') ? 'taken' : 'carry',
  );
  await world.start('two');
  await world.until(() => heldBy(world, 'two'));
  await world.clock.advance('3s');
  assert.is(world.broker.commands().length, 1, 'what is open is out');
  assert.is(world.saved(order)?.sequence, before, 'and not saved');
  world.kill('two');
  await world.start('three');
  await world.until(() => heldBy(world, 'three'));
  await world.untilQuiet();
  assert.equal(world.folded(ledger)?.snapshot.context, { sum: 3, heard: 3 });
  world.checkAgreement();
});

test('what was answered is not published again, however late, even from the birth on', async () => {
  const world = new HostWorld();
  await world.start('one');
  // Nothing is ever saved or acknowledged: the next host gets everything from the create on.
  world.faults.push(({ kind, connection }) =>
    kind === 'save' && connection === 'one' ? 'taken' : 'carry',
  );
  await world.create(order, { ledger: ledger.id });
  await world.send(order, { type: 'PING' });
  await world.until(() => world.broker.commands().length === 1);
  const worker = await world.within(
    world.ports.commands.consume('regular', 'kitchen', {
      onCommand: (command) => void command.ack(),
      onTrouble: () => undefined,
    }),
  );
  const { generation = '' } = world.broker.commands()[0]?.subject ?? {};
  worker.request(1);
  await world.until(() => world.broker.commands().length === 0);
  const reply = { task: 'brew', path: 'brew', generation, outcome: 'done', output: { cups: 1 } };
  await world.append(order, 'reply-kitchen', encodeBody(reply));
  await world.clock.advance('5m'); // Longer than the broker remembers ids.
  world.kill('one');
  await world.start('two');
  await world.until(() => heldBy(world, 'two'));
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.context['cups'], 1);
  assert.equal(world.broker.commands(), []);
  assert.equal(world.broker.timers(), []);
  world.checkAgreement();
});

test('a delivery for an actor that the sweep has loaded is answered and not doubled', async () => {
  const world = new HostWorld();
  await world.start('one', undefined, { residentsMax: 1 });
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  world.faults.push(({ kind }) => (kind === 'fire' ? 'taken' : 'carry'));
  await world.send(order, { type: 'WAIT' });
  await world.untilQuiet();
  // The order is dropped from memory; then the sweep loads it, with an entry still to come.
  for (let n = 0; n < 4; n += 1) await world.create({ type: 'ledger', id: `l-${n}` });
  await world.untilQuiet();
  const late: (() => void)[] = [];
  world.faults.push(({ kind }, carry) => {
    if (kind !== 'delivery') return 'carry';
    late.push(carry);
    return 'taken';
  });
  await world.append(order, 'event', { type: 'NOTE', by: 7 });
  await world.clock.advance('130s');
  world.faults = [];
  for (const carry of late) carry();
  await world.untilQuiet();
  await world.until(() => world.folded(ledger)?.snapshot.context['heard'] === 1);
  await world.untilQuiet();
  assert.equal(world.folded(ledger)?.snapshot.context, { sum: 7, heard: 1 });
  world.checkAgreement();
});

test('two hosts fold the same journal and converge on the same bytes', async () => {
  const world = new HostWorld(4);
  await world.start('one');
  const actors = Array.from({ length: 12 }, (_, n) => ({ type: 'order', id: `o-${n}` }));
  await world.create(ledger);
  for (const actor of actors) await world.create(actor, { ledger: ledger.id });
  await world.start('two');
  for (const actor of actors) await world.send(actor, { type: 'PING' });
  await world.untilQuiet();
  const first = new Map(world.broker.snapshots().map(({ header, body }) => [header.id, body]));
  await world.within(world.hosts.get('one')?.host.stop() ?? Promise.resolve());
  for (const { header } of world.broker.snapshots())
    await world.within(world.ports.snapshots.remove(world.partitionOf(header), header));
  for (const actor of [...actors, ledger]) {
    const state = await world.query(actor);
    assert.ok('state' in state, 'folded from nothing but the journal');
    assert.is(state.state.sequence, world.folded(actor)?.sequence);
  }
  assert.is(first.size, 13);
  for (const actor of actors) await world.send(actor, { type: 'PING' });
  await world.untilQuiet();
  assert.equal(world.folded(ledger)?.snapshot.context, { sum: 24, heard: 24 });
  world.checkAgreement();
});

test.run();

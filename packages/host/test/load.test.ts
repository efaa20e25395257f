// Loading: from a snapshot, proved against the journal; what does not fit is folded anew.
import { encodeBody, encodeState, type ActorState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld } from './world/host-world.ts';

const test = suite('load');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };

/** A ledger with some history, and the host that made it gone for good. */
const worldWithHistory = async (): Promise<HostWorld> => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  for (let by = 1; by <= 3; by += 1) await world.append(ledger, 'event', { type: 'ADD', by });
  await world.untilQuiet();
  await world.within(world.hosts.get('one')?.host.stop() ?? Promise.resolve());
  return world;
};

const tamper = async (
  world: HostWorld,
  change: (state: ActorState) => ActorState,
  journal?: string,
): Promise<void> => {
  const stored = await world.within(world.ports.snapshots.load(0, ledger));
  const state = world.saved(ledger);
  assert.ok(stored !== undefined && state !== undefined);
  const changed = change(state);
  const header = {
    ...stored.header,
    sequence: changed.sequence,
    entryTime: changed.entryTime,
    ...(journal !== undefined && { journal }),
  };
  await world.within(world.ports.snapshots.save(0, header, encodeState(changed)));
};

/** Context that no fold could give: who shows it has believed the snapshot. */
const cheat = (state: ActorState): ActorState => ({
  ...state,
  snapshot: { ...state.snapshot, context: { sum: 1000, heard: 0 } },
});

const sumAfterNext = async (world: HostWorld): Promise<unknown> => {
  await world.start('two');
  await world.append(ledger, 'event', { type: 'ADD', by: 1 });
  await world.untilQuiet();
  return world.saved(ledger)?.snapshot.context['sum'];
};

test('a snapshot whose entry is there is believed', async () => {
  const world = await worldWithHistory();
  await tamper(world, cheat);
  assert.is(await sumAfterNext(world), 1001);
});

test('a snapshot whose entry has another time is not', async () => {
  const world = await worldWithHistory();
  await tamper(world, (state) => cheat({ ...state, entryTime: state.entryTime + 1 }));
  assert.is(await sumAfterNext(world), 7);
});

test('a snapshot of another journal is not', async () => {
  const world = await worldWithHistory();
  await tamper(world, cheat, '2020-01-01T00:00:00.000Z');
  assert.is(await sumAfterNext(world), 7);
});

test('a snapshot ahead of a restored journal is not', async () => {
  const world = await worldWithHistory();
  await tamper(world, (state) => cheat({ ...state, sequence: 500 }), 'an earlier one');
  assert.is(await sumAfterNext(world), 7);
  world.checkAgreement();
});

test('a journal that has gone back is noticed without an entry, and the lists are right', async () => {
  const world = await worldWithHistory();
  await tamper(world, (state) => cheat({ ...state, sequence: 500 }));
  const ghost = { type: 'order', id: 'o-9' };
  const known = await world.within(world.ports.snapshots.load(0, order));
  assert.ok(known);
  const header = { ...known.header, ...ghost, sequence: 501 };
  await world.within(world.ports.snapshots.save(0, header, known.body));
  const { lines } = await world.start('two');
  await world.until(() => world.saved(ledger)?.snapshot.context['sum'] === 6);
  assert.is(await world.within(world.ports.snapshots.load(0, ghost)), undefined);
  assert.is(lines.filter((line) => line.includes('that the journal has lost')).length, 2);
  await world.append(ledger, 'event', { type: 'ADD', by: 1 });
  await world.untilQuiet();
  assert.is(world.saved(ledger)?.snapshot.context['sum'], 7);
  world.checkAgreement();
});

test('a create whose version the journal has lost is decided again, by whoever loads it', async () => {
  const world = new HostWorld();
  const bornAt = await world.append(order, 'create', { input: { ledger: ledger.id } });
  const { created } = await world.within(world.ports.journal.identity());
  // It was acknowledged once: a consumer over this journal begins after it.
  const header = {
    ...order,
    sequence: bornAt + 5,
    entryTime: 1,
    journal: created,
    version: '1',
    digest: '',
    status: 'active',
    value: '"waiting"',
    tags: [],
    since: 1,
  };
  await world.within(world.ports.snapshots.save(0, header, encodeBody({})));
  await world.start('one');
  await world.until(() => (world.broker.snapshots()[0]?.header.sequence ?? 0) < bornAt + 5);
  await world.append(order, 'event', { type: 'PING' });
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.value, 'brewing');
  world.checkAgreement();
});

test('a snapshot that cannot be decoded is none', async () => {
  const world = await worldWithHistory();
  const stored = await world.within(world.ports.snapshots.load(0, ledger));
  assert.ok(stored);
  await world.within(world.ports.snapshots.save(0, stored.header, new Uint8Array([1, 2, 3])));
  assert.is(await sumAfterNext(world), 7);
  world.checkAgreement();
});

test('what was brought to its end before is not repeated after a refold', async () => {
  const world = await worldWithHistory();
  await world.start('two');
  await world.append(order, 'event', { type: 'NOTE', by: 10 });
  await world.untilQuiet();
  await world.within(world.hosts.get('two')?.host.stop() ?? Promise.resolve());
  await world.within(world.ports.snapshots.remove(0, order));
  const heard = world.broker.entries(ledger).length;
  await world.start('three');
  await world.append(order, 'event', { type: 'PING' });
  await world.untilQuiet();
  assert.is(world.broker.entries(ledger).length, heard + 1, 'one new peer event, no old ones');
  world.checkAgreement();
});

test('idle actors are dropped, the longest unused first, and loaded again', async () => {
  const world = new HostWorld();
  const { host } = await world.start('one', undefined, { residentsMax: 10, snapshotDelayMs: 10 });
  const actorOf = (n: number): { type: string; id: string } => ({ type: 'ledger', id: `l-${n}` });
  for (let n = 0; n < 10; n += 1) await world.create(actorOf(n));
  await world.untilQuiet();
  await world.append(actorOf(0), 'event', { type: 'ADD', by: 1 });
  await world.untilQuiet();
  await world.create(actorOf(10));
  await world.untilQuiet();
  const { loads } = host.counters();
  await world.append(actorOf(0), 'event', { type: 'ADD', by: 1 });
  await world.untilQuiet();
  assert.is(host.counters().loads, loads, 'used lately: still in memory');
  await world.append(actorOf(1), 'event', { type: 'ADD', by: 1 });
  await world.untilQuiet();
  assert.is(host.counters().loads, loads + 1, 'unused: dropped and loaded');
  assert.is(world.saved(actorOf(0))?.snapshot.context['sum'], 2);
  world.checkAgreement();
});

test('an actor is not dropped while something of it is under way', async () => {
  const world = new HostWorld();
  await world.start('one', undefined, { residentsMax: 2 });
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  const held: (() => void)[] = [];
  world.faults.push(({ kind, connection }, carry) => {
    if (kind !== 'command' || connection !== 'one') return 'carry';
    held.push(carry);
    return 'taken';
  });
  await world.send(order, { type: 'PING' });
  for (let n = 0; n < 8; n += 1) await world.create({ type: 'ledger', id: `l-${n}` });
  await world.send(order, { type: 'PING' });
  await world.clock.advance('2s');
  world.faults = [];
  for (const carry of held) carry();
  await world.untilQuiet();
  assert.is(world.saved(order)?.snapshot.context['pings'], 2);
  assert.is(world.saved(ledger)?.snapshot.context['sum'], 2);
  world.checkAgreement();
});

test.run();

// The bookkeeping of an actor in memory: what is safe to save, what may be acknowledged, parking.
import { fold, silentLog, type ActorState, type ParkedMark } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResidentActor, type Receipt } from '../src/actor/resident-actor.ts';
import type { RunnerContext } from '../src/actor/runner-context.ts';
import { createCounters } from '../src/host-context.ts';
import { MachineCatalog } from '../src/machine-catalog.ts';
import { Residents } from '../src/partition/residents.ts';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('resident actor');

const state = (sequence: number): ActorState => ({ sequence }) as ActorState;
const receipt = (sequence: number): Receipt => ({ sequence, ack: () => undefined });
const sequencesOf = (receipts: readonly Receipt[]): number[] =>
  receipts.map(({ sequence }) => sequence);
const mark = (from: number, code: string = 'payload-too-large'): ParkedMark => ({
  code,
  message: 'why',
  from,
});

const create = (saved?: ActorState, savedMark?: ParkedMark): ResidentActor => {
  const actor = new ResidentActor({ type: 'order', id: 'o-1' });
  actor.adopt({
    state: saved,
    saved,
    revision: 1,
    parked: savedMark,
    savedMark,
    upTo: saved?.sequence ?? 0,
  });
  actor.mailbox = undefined;
  return actor;
};

test('a state is safe only when its effects and all before it are stored', () => {
  const actor = create(state(1));
  const second = actor.begin(receipt(2), state(2), 2);
  const third = actor.begin(receipt(3), state(3), 3);
  actor.settle(third);
  assert.is(actor.safe?.sequence, 1);
  assert.not.ok(actor.isDirty);
  actor.settle(second);
  assert.is(actor.safe?.sequence, 3);
  assert.ok(actor.needsSave);
});

test('a snapshot covers deliveries up to its sequence, and no others', () => {
  const actor = create();
  for (const sequence of [1, 2, 3])
    actor.settle(actor.begin(receipt(sequence), state(sequence), sequence));
  assert.equal(sequencesOf(actor.saved(2, undefined, 7)), [1, 2]);
  assert.is(actor.revision, 7);
  assert.ok(actor.isDirty);
  assert.not.ok(actor.isIdle);
  assert.equal(sequencesOf(actor.saved(3, undefined, 8)), [3]);
  assert.ok(actor.isIdle);
});

test('a step without a newer state is acknowledged without another snapshot', () => {
  const actor = create(state(5));
  actor.settle(actor.begin(receipt(4), state(4), 4));
  assert.is(actor.safe?.sequence, 5);
  assert.not.ok(actor.needsSave);
  assert.ok(actor.isDirty);
  assert.equal(sequencesOf(actor.saved(5, undefined, 1)), [4]);
});

test('it is idle only with nothing open, ahead, unsaved, or in the mailbox', () => {
  const actor = create(state(1));
  assert.ok(actor.isIdle);
  actor.ahead.set(2, { state: state(2), effects: [], outcome: { kind: 'applied' } });
  assert.not.ok(actor.isIdle);
  actor.ahead.clear();
  const step = actor.begin(undefined, state(1), 1);
  assert.not.ok(actor.isIdle);
  actor.settle(step);
  assert.ok(actor.isIdle);
  actor.isSaving = true;
  assert.not.ok(actor.isIdle);
  actor.isSaving = false;
  actor.mailbox = [];
  assert.not.ok(actor.isIdle);
});

test('parking gives up the steps from there on, and keeps those before', () => {
  const actor = create(state(1));
  const second = actor.begin(receipt(2), state(2), 2);
  actor.begin(receipt(3), state(3), 3);
  actor.begin(receipt(4), state(4), 4);
  actor.ahead.set(5, { state: state(5), effects: [], outcome: { kind: 'applied' } });
  actor.state = state(5);
  assert.ok(actor.park(mark(3)));
  assert.is(actor.state?.sequence, 2);
  assert.is(actor.ahead.size, 0);
  actor.settle(second);
  assert.is(actor.safe?.sequence, 2);
  actor.hold(receipt(5));
  assert.equal(sequencesOf(actor.saved(2, undefined, 2)), [2], 'the mark is not stored yet');
  assert.ok(actor.isDirty);
  assert.equal(sequencesOf(actor.saved(2, mark(3), 3)), [3, 4, 5]);
  assert.ok(actor.isIdle);
});

test('a later refusal does not move the mark forward, an earlier one moves it back', () => {
  const actor = create(state(1));
  for (const sequence of [2, 3, 4]) actor.begin(receipt(sequence), state(sequence), sequence);
  assert.ok(actor.park(mark(3)));
  assert.not.ok(actor.park(mark(4)));
  assert.is(actor.parked?.from, 3);
  assert.ok(actor.park(mark(2)));
  assert.is(actor.parked?.from, 2);
  assert.is(actor.state?.sequence, 1);
  assert.equal(sequencesOf(actor.saved(1, mark(3), 2)), [], 'that mark is too late');
  assert.equal(sequencesOf(actor.saved(1, mark(2), 3)), [3, 4, 2]);
});

test('what is held while a mark is being stored waits for the next time', () => {
  const actor = create(state(1), mark(2));
  assert.not.ok(actor.needsSave);
  actor.hold(receipt(2));
  assert.ok(actor.needsSave, 'another host may have taken the mark away');
  const { held } = actor;
  actor.hold(receipt(3));
  assert.equal(sequencesOf(actor.saved(1, mark(2), 2, held)), [2]);
  assert.ok(actor.needsSave);
  assert.equal(sequencesOf(actor.saved(1, mark(2), 3, actor.held)), [3]);
  assert.ok(actor.isIdle);
});

test('a step that settles after it was given up changes nothing', () => {
  const actor = create(state(1));
  const second = actor.begin(receipt(2), state(2), 2);
  actor.park(mark(2));
  actor.settle(second);
  assert.is(actor.safe?.sequence, 1);
});

test('a mark that is gone has to be saved as well', () => {
  const actor = create(state(1), mark(2, 'version-missing'));
  assert.not.ok(actor.needsSave);
  actor.unpark();
  assert.ok(actor.needsSave);
  actor.saved(1, undefined, 2);
  assert.not.ok(actor.needsSave);
});

test('the mark stays until the effects of all that was acknowledged unfolded are stored', () => {
  const actor = new ResidentActor({ type: 'order', id: 'o-1' });
  const savedMark = mark(2, 'version-missing');
  const adopted = { state: state(3), saved: state(1), parked: undefined, savedMark };
  actor.adopt({ ...adopted, revision: 1, upTo: 3 });
  actor.mailbox = undefined;
  const [second, third] = [2, 3].map((at) => actor.begin(undefined, state(at), at));
  assert.ok(second !== undefined && third !== undefined);
  actor.settle(second);
  assert.is(actor.safe?.sequence, 2);
  assert.is(actor.mark, savedMark, 'whoever loads it now publishes what entry 3 decided');
  actor.settle(third);
  assert.is(actor.mark, undefined);
  assert.ok(actor.needsSave);
});

test('what waits for a snapshot goes on when the partition is lost', async () => {
  const world = new HostWorld();
  const ports = world.broker.ports('one');
  const catalog = new MachineCatalog(MACHINES);
  const lost: string[] = [];
  let isCurrent = true;
  const residents = new Residents({
    ports,
    catalog,
    clock: world.clock,
    log: silentLog,
    fold,
    identity: await world.within(ports.journal.identity()),
    counters: createCounters(),
    limits: { residentsMax: 10 },
    writer: { add: () => undefined },
    partition: 0,
    isCurrent: () => isCurrent,
    deliveredUpTo: () => Infinity,
    beforeFold: () => undefined,
    afterFolds: () => undefined,
    onStep: () => undefined,
  } as unknown as RunnerContext);
  await world.create({ type: 'ledger', id: 'total' });
  const renewed = residents.use({ type: 'ledger', id: 'total' }).renew();
  void renewed.then(() => lost.push('ended'));
  await world.clock.advance('1s');
  assert.equal(lost, [], 'nothing was saved');
  isCurrent = false;
  residents.end();
  await world.within(renewed);
});

test.run();

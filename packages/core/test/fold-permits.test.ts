// Permits in the fold: held while a state is active, granted in order, given back whatever comes.
import { permit, stateViewOf } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SCOPE, volume } from './permit-machine.ts';
import { PermitWorld } from './permit-world.ts';

const test = suite('permits in the fold');

const WORKING = { provisioning: 'working' };
const QUEUED = { provisioning: 'queued' };

const crowd = (count: number): PermitWorld => {
  const world = new PermitWorld({ volume });
  for (let index = 1; index <= count; index += 1) world.create('volume', `vol-${index}`);
  return world;
};

test('at most as many as declared hold one, and those who wait are told behind whom', () => {
  const world = crowd(4);
  assert.equal(world.queue(SCOPE), { held: ['vol-1', 'vol-2'], waiting: ['vol-3', 'vol-4'] });
  assert.equal(world.value('volume', 'vol-2'), WORKING);
  assert.equal(world.value('volume', 'vol-3'), QUEUED);
  const permits = (id: string) => world.state('volume', id).pending.permits?.['slot'];
  assert.equal(permits('vol-3')?.behind, { type: 'volume', id: 'vol-1' });
  assert.equal(permits('vol-4')?.behind, { type: 'volume', id: 'vol-3' });
  assert.is(permits('vol-1')?.behind, undefined);
  const limit = world.state('limit', 'openstack_-settings-7');
  assert.equal(limit.tags, ['2/2 held', '2 waiting']);
  assert.is(limit.snapshot.value, 'full');
});

test('leaving the state gives it back, and the next in the queue goes on', () => {
  const world = crowd(4);
  world.send('volume', 'vol-2', 'NEXT');
  assert.equal(world.queue(SCOPE), { held: ['vol-1', 'vol-3'], waiting: ['vol-4'] });
  assert.equal(world.value('volume', 'vol-3'), WORKING);
  assert.is(world.state('volume', 'vol-2').pending.permits, undefined);
  // One that waits may leave as well.
  world.send('volume', 'vol-4', 'NEXT');
  for (const id of ['vol-1', 'vol-3']) world.send('volume', id, 'NEXT');
  assert.equal(world.queue(SCOPE), { held: [], waiting: [] });
  assert.equal(world.state('limit', 'openstack_-settings-7').tags, ['0/2 held']);
});

test('entering the state again goes to the end of the queue', () => {
  const world = crowd(3);
  world.send('volume', 'vol-1', 'AGAIN');
  assert.equal(world.queue(SCOPE), { held: ['vol-2', 'vol-3'], waiting: ['vol-1'] });
  assert.equal(world.value('volume', 'vol-1'), QUEUED);
});

test('views say what is held and what is waited for', () => {
  const world = crowd(3);
  const view = (id: string) =>
    stateViewOf(world.registered('volume'), world.state('volume', id)).waitingFor[0];
  const held = view('vol-1');
  assert.is(held?.what, 'permit');
  assert.is(held?.status, 'held');
  assert.equal(held?.held, [SCOPE]);
  const waiting = view('vol-3');
  assert.is(waiting?.status, 'waiting');
  assert.equal(waiting?.scopes, [SCOPE]);
  assert.equal(waiting?.behind, { type: 'volume', id: 'vol-1' });
});

test('an operator raises the capacity: those who wait go on at once', () => {
  const world = crowd(5);
  world.order(SCOPE, { type: 'set-capacity', capacity: 4 });
  assert.equal(world.queue(SCOPE).waiting, ['vol-5']);
  // Lowering takes nothing away, and grants nothing until enough have gone.
  world.order(SCOPE, { type: 'set-capacity', capacity: 1 });
  assert.is(world.queue(SCOPE).held.length, 4);
  for (const id of ['vol-1', 'vol-2', 'vol-3']) world.send('volume', id, 'NEXT');
  assert.equal(world.queue(SCOPE), { held: ['vol-4'], waiting: ['vol-5'] });
  world.order(SCOPE, { type: 'set-capacity' });
  assert.equal(world.queue(SCOPE), { held: ['vol-4', 'vol-5'], waiting: [] });
});

test('the last request declares the capacity', () => {
  const world = crowd(3);
  world.create('volume', 'vol-9', { max: 3 });
  assert.equal(world.queue(SCOPE), { held: ['vol-1', 'vol-2', 'vol-3'], waiting: ['vol-9'] });
  assert.is(world.limit(SCOPE).declared, 3);
});

test('an operator releases what a faulted holder keeps; retry counts it again', () => {
  const world = crowd(3);
  const fault = world.send('volume', 'vol-1', 'BOOM');
  assert.is(fault.outcome.kind, 'faulted');
  assert.equal(world.queue(SCOPE).held, ['vol-1', 'vol-2']);
  const wrong = world.order(SCOPE, {
    type: 'release-permit',
    holder: { type: 'volume', id: 'vol-7' },
  });
  assert.is(wrong.outcome.kind, 'refused');
  world.order(SCOPE, { type: 'release-permit', holder: { type: 'volume', id: 'vol-1' } });
  assert.equal(world.queue(SCOPE).held, ['vol-2', 'vol-3']);
  world.append({ type: 'volume', id: 'vol-1' }, 'admin', { type: 'retry', by: 'anna' });
  world.settle();
  assert.equal(world.queue(SCOPE), { held: ['vol-2', 'vol-3'], waiting: ['vol-1'] });
  world.send('volume', 'vol-2', 'NEXT');
  assert.equal(world.queue(SCOPE).held, ['vol-3', 'vol-1']);
  assert.equal(world.value('volume', 'vol-1'), WORKING);
});

test('what a faulted actor is granted is told when it goes on', () => {
  const world = crowd(3);
  const error = { code: 'host-crashed', message: 'it ended three hosts' };
  const three = { type: 'volume', id: 'vol-3' };
  world.append(three, 'host', { type: 'faulted', sequence: world.sequence, error });
  world.send('volume', 'vol-1', 'NEXT');
  assert.equal(world.queue(SCOPE).held, ['vol-2', 'vol-3']);
  assert.equal(world.value('volume', 'vol-3'), QUEUED);
  world.append(three, 'admin', { type: 'retry', by: 'anna' });
  world.settle();
  assert.equal(world.value('volume', 'vol-3'), WORKING);
  world.send('volume', 'vol-3', 'NEXT');
  assert.equal(world.queue(SCOPE).held, ['vol-2']);
});

test('unlink gives back', () => {
  const world = crowd(3);
  world.append({ type: 'volume', id: 'vol-1' }, 'admin', { type: 'unlink', by: 'anna' });
  world.settle();
  assert.equal(world.queue(SCOPE), { held: ['vol-2', 'vol-3'], waiting: [] });
});

test('a late request of somebody who has left is granted and given back', () => {
  const world = crowd(1);
  const acquire = world.sent.filter(
    ({ effect }) => effect.kind === 'peer' && effect.event.type === 'pawl.acquire',
  );
  world.send('volume', 'vol-1', 'NEXT');
  assert.equal(world.queue(SCOPE).held, []);
  for (const sent of acquire) world.arrive(sent);
  assert.equal(world.queue(SCOPE).held, ['vol-1']);
  world.settle();
  assert.equal(world.queue(SCOPE), { held: [], waiting: [] });
  assert.is(world.value('volume', 'vol-1'), 'ok');
});

test('a repeat of a request that is held is granted again, which changes nothing', () => {
  const world = crowd(1);
  const before = world.state('volume', 'vol-1');
  for (const sent of world.sent.slice()) world.arrive(sent);
  world.settle();
  assert.equal(world.queue(SCOPE).held, ['vol-1']);
  assert.equal(world.state('volume', 'vol-1').snapshot, before.snapshot);
});

test('a grant for an actor that is not there, or has ended, is given back', () => {
  const world = crowd(0);
  const ghost = { type: 'volume', id: 'ghost' };
  const event = { type: 'pawl.acquire', scope: SCOPE, max: 1, path: 'slot', generation: '1-0-aa' };
  world.create('limit', 'openstack_-settings-7', { scope: SCOPE, max: 1 });
  const limit = { type: 'limit', id: 'openstack_-settings-7' };
  world.append(limit, 'peer', { from: { ...ghost, sequence: 1, n: 0 }, event });
  assert.equal(world.queue(SCOPE).held, ['ghost']);
  world.settle();
  assert.equal(world.queue(SCOPE).held, []);
  world.create('volume', 'vol-1');
  world.append({ type: 'volume', id: 'vol-1' }, 'admin', { type: 'unlink', by: 'anna' });
  world.settle();
  const late = { from: { type: 'volume', id: 'vol-1', sequence: 1, n: 0 }, event };
  world.append(limit, 'peer', late);
  world.settle();
  assert.equal(world.queue(SCOPE), { held: [], waiting: [] });
});

test('a bad scope or capacity is an error event, with its code', () => {
  const world = new PermitWorld({ volume });
  for (const [id, input, code] of [
    ['vol-1', { settings: 'a b' }, 'invalid-scope'],
    ['vol-2', { settings: 'x'.repeat(300) }, 'invalid-scope'],
    ['vol-3', { max: 0 }, 'invalid-capacity'],
    ['vol-4', { max: 1.5 }, 'invalid-capacity'],
  ] as const) {
    world.create('volume', id, input);
    assert.is(world.value('volume', id), 'erred', code);
  }
  assert.throws(() => permit('a//b', { max: 1 }), /no scope of a limit/);
  assert.throws(() => permit([], { max: 1 }), /no scope of a limit/);
  assert.throws(() => permit('a', { max: 0 }), /whole number from 1 on/);
});

test('a limit takes orders of its own, and no events', () => {
  const world = crowd(1);
  assert.is(world.order(SCOPE, { type: 'unlink' }).outcome.kind, 'refused');
  assert.is(world.send('limit', 'openstack_-settings-7', 'NEXT').outcome.kind, 'refused');
  const volumeOrder = { type: 'set-capacity', by: 'anna', capacity: 3 };
  const step = world.append({ type: 'volume', id: 'vol-1' }, 'admin', volumeOrder);
  assert.is(step.outcome.kind === 'refused' && step.outcome.error.code, 'order-refused');
});

test('an operator cannot grant a permit by hand', () => {
  const world = crowd(3);
  const event = { type: 'pawl.granted.slot' };
  const order = { type: 'inject', by: 'anna', event };
  const { outcome } = world.append({ type: 'volume', id: 'vol-3' }, 'admin', order);
  assert.ok(outcome.kind === 'refused' && outcome.error.code === 'order-refused');
  assert.equal(world.value('volume', 'vol-3'), QUEUED);
});

test.run();

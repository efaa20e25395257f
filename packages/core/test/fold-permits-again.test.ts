// Permits whose holder is folded again by a mended machine, and limits whose birth is passed over.
import { limitAddress, limitIdOf, permit } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup, type AnyStateMachine } from 'xstate';
import { SCOPE, volume, type Events } from './permit-machine.ts';
import { PermitWorld } from './permit-world.ts';

const test = suite('permits folded again');

const ONE = { type: 'volume', id: 'vol-1' };
const WORKING = { provisioning: 'working' };

const actors = { slot: permit(SCOPE, { max: 2 }), other: permit('openstack/other', { max: 1 }) };

/** The volume with another way out of its trouble: `boom` says what BOOM does. */
const mendedBy = (version: string, src: 'slot' | 'other', boom: object): AnyStateMachine =>
  setup({ types: { events: {} as Events }, actors }).createMachine({
    id: 'volume',
    version,
    initial: 'provisioning',
    states: {
      provisioning: {
        invoke: { id: 'slot', src },
        initial: 'queued',
        states: {
          queued: { on: { 'pawl.granted.slot': 'working' } },
          working: { on: { BOOM: boom } },
        },
        on: { NEXT: 'ok' },
      },
      ok: {},
    },
  });

const faulted = (): PermitWorld => {
  const world = new PermitWorld({ volume });
  for (const id of ['vol-1', 'vol-2', 'vol-3']) world.create('volume', id);
  assert.is(world.send('volume', 'vol-1', 'BOOM').outcome.kind, 'faulted');
  assert.equal(world.queue(SCOPE), { held: ['vol-1', 'vol-2'], waiting: ['vol-3'] });
  return world;
};

test('a permit that is held and needed stays held: nothing is asked, nothing given back', () => {
  const world = faulted();
  const before = world.state('volume', 'vol-1').pending.permits?.['slot'];
  const step = world.foldAgain(ONE, mendedBy('2', 'slot', {}));
  assert.is(step.outcome.kind, 'applied');
  assert.equal(step.effects, []);
  assert.is(world.state('volume', 'vol-1').status, 'active');
  assert.equal(world.value('volume', 'vol-1'), WORKING);
  const now = world.state('volume', 'vol-1').pending.permits?.['slot'];
  assert.is(now?.generation, before?.generation);
  assert.equal(world.queue(SCOPE).held, ['vol-1', 'vol-2']);
  world.send('volume', 'vol-1', 'NEXT');
  assert.equal(world.queue(SCOPE).held, ['vol-2', 'vol-3']);
});

test('one that the new state does not need is given back', () => {
  const world = faulted();
  world.foldAgain(ONE, mendedBy('2', 'slot', { target: '#volume.ok' }));
  assert.is(world.value('volume', 'vol-1'), 'ok');
  assert.equal(world.queue(SCOPE), { held: ['vol-2', 'vol-3'], waiting: [] });
});

test('one of another scope is asked for, and the former one given back', () => {
  const world = faulted();
  world.foldAgain(ONE, mendedBy('2', 'other', {}));
  assert.equal(world.queue('openstack/other').held, ['vol-1']);
  assert.equal(world.queue(SCOPE), { held: ['vol-2', 'vol-3'], waiting: [] });
  world.send('volume', 'vol-1', 'NEXT');
  assert.equal(world.queue('openstack/other').held, []);
});

test('a limit is not folded again, and says nothing', () => {
  const world = faulted();
  const limit = world.state('limit', limitAddress(SCOPE).id);
  const order = { type: 'fold-again', version: limit.version, held: [] };
  assert.is(world.order(SCOPE, order).outcome.kind, 'ignored');
  assert.equal(world.queue(SCOPE).held, ['vol-1', 'vol-2']);
});

const LONG = `cloud/${'x'.repeat(200)}`;

/** A limit whose create ended hosts, and machines that ask it. */
const passedOver = (scope: string): PermitWorld => {
  const waits = mendedBy('1', 'slot', {}).provide({
    actors: { slot: permit(scope, { max: 2 }) },
  });
  const world = new PermitWorld({ volume: waits });
  const birth = { input: { scope, max: 2 } };
  world.passOver(limitAddress(scope), 'create', birth, { 'Pawl-Version': '1' });
  assert.is(world.state('limit', limitIdOf(scope)).status, 'faulted');
  return world;
};

for (const scope of [SCOPE, 'a_b/c-d', LONG])
  test(`a limit whose birth was passed over works with what requests say: ${scope.slice(0, 9)}`, () => {
    const world = passedOver(scope);
    for (const id of ['vol-1', 'vol-2', 'vol-3']) world.create('volume', id);
    assert.equal(world.queue(scope), { held: ['vol-1', 'vol-2'], waiting: ['vol-3'] });
    assert.equal([world.limit(scope).scope, world.limit(scope).capacity], [scope, 2]);
    world.order(scope, { type: 'retry' });
    assert.is(world.state('limit', limitIdOf(scope)).status, 'active');
    world.send('volume', 'vol-1', 'NEXT');
    assert.equal(world.queue(scope).held, ['vol-2', 'vol-3']);
  });

for (const scope of [SCOPE, LONG])
  test(`an order may come before the first request: ${scope.slice(0, 9)}`, () => {
    const world = passedOver(scope);
    world.order(scope, { type: 'set-capacity', capacity: 1 });
    for (const id of ['vol-1', 'vol-2']) world.create('volume', id);
    assert.equal(world.queue(scope), { held: ['vol-1'], waiting: ['vol-2'] });
    world.order(scope, { type: 'set-capacity' });
    assert.equal(world.queue(scope).held, ['vol-1', 'vol-2']);
    const wrong = { type: 'pawl.acquire', scope: 'a/b', max: 1, path: 'slot', generation: '1-0-a' };
    const from = { type: 'volume', id: 'vol-9', sequence: 1, n: 0 };
    const { outcome } = world.append(limitAddress(scope), 'peer', { from, event: wrong });
    assert.is(outcome.kind === 'refused' && outcome.error.code, 'invalid-scope');
  });

test.run();

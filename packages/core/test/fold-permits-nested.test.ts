// Permits of several scopes, and of parents and their children.
import { permit, remote } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { SCOPE, volume, type Events } from './permit-machine.ts';
import { PermitWorld } from './permit-world.ts';

const test = suite('permits of several scopes and of children');

const WORKING = { provisioning: 'working' };

const both = setup({
  types: { events: {} as Events },
  actors: { slot: permit(['b/2', 'a/1', 'b/2'], { max: 1 }) },
}).createMachine({
  id: 'both',
  version: '1',
  initial: 'queued',
  states: {
    queued: {
      invoke: { id: 'slot', src: 'slot' },
      initial: 'waiting',
      states: { waiting: { on: { 'pawl.granted.slot': 'working' } }, working: {} },
      on: { NEXT: 'ok' },
    },
    ok: {},
  },
});

test('several scopes are taken in one sorted order, and given back together', () => {
  const world = new PermitWorld({ both, volume });
  world.create('both', 'one');
  world.create('both', 'two');
  assert.equal(world.value('both', 'one'), { queued: 'working' });
  assert.equal(world.queue('a/1'), { held: ['one'], waiting: ['two'] });
  assert.equal(world.queue('b/2'), { held: ['one'], waiting: [] });
  world.send('both', 'one', 'NEXT');
  assert.equal(world.value('both', 'two'), { queued: 'working' });
  assert.equal(world.queue('b/2').held, ['two']);
  world.send('both', 'two', 'NEXT');
  assert.equal([world.queue('a/1').held, world.queue('b/2').held], [[], []]);
});

const parent = setup({
  types: { events: {} as Events },
  actors: { slot: permit(SCOPE, { max: 1 }), child: remote<typeof volume>('volume') },
}).createMachine({
  id: 'instance',
  version: '1',
  initial: 'creating',
  states: {
    creating: {
      invoke: { id: 'slot', src: 'slot' },
      initial: 'waiting',
      states: {
        waiting: { on: { 'pawl.granted.slot': 'disks' } },
        disks: {
          invoke: { id: 'disk', src: 'child', input: { id: 'inner', input: { max: 1 } } },
        },
      },
      on: { NEXT: 'ok' },
    },
    ok: {},
  },
});

test('what a parent holds covers its children, and its place is free when the last has gone', () => {
  const world = new PermitWorld({ instance: parent, volume });
  world.create('instance', 'vm');
  world.create('volume', 'other', { max: 1 });
  assert.equal(world.queue(SCOPE), { held: ['vm', 'inner'], waiting: ['other'] });
  assert.is(world.limit(SCOPE).held, 1);
  assert.equal(world.value('volume', 'inner'), WORKING);
  world.send('instance', 'vm', 'NEXT');
  assert.equal(world.queue(SCOPE), { held: ['inner'], waiting: ['other'] });
  world.send('volume', 'inner', 'NEXT');
  assert.equal(world.queue(SCOPE), { held: ['other'], waiting: [] });
});

test('a child that asked before its parent got a place is let in with it', () => {
  const world = new PermitWorld({ instance: parent, volume });
  world.create('volume', 'other', { max: 1 });
  world.create('instance', 'vm');
  const limit = { type: 'limit', id: 'openstack_-settings-7' };
  const generation = '9-0-aaaaaaaa';
  world.append(limit, 'peer', {
    from: { type: 'volume', id: 'early', sequence: 9, n: 0 },
    event: {
      type: 'pawl.acquire',
      scope: SCOPE,
      max: 1,
      path: 'slot',
      generation,
      parents: [
        { type: 'disk', id: 'between' },
        { type: 'instance', id: 'vm' },
      ],
    },
  });
  assert.equal(world.queue(SCOPE).waiting, ['vm', 'early']);
  world.append({ type: 'volume', id: 'other' }, 'event', { type: 'NEXT' });
  const release = world.outgoing.find(({ from }) => from.id === 'other');
  const step = release && world.arrive(release);
  assert.equal(
    step?.effects.map((effect) => effect.kind === 'peer' && effect.to.id),
    ['vm', 'early'],
  );
});

test.run();

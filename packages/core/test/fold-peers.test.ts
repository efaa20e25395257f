// Actors and other actors: peer events at most once, children, parents, and chains too long.
import { actorAddress, HEADER, remote } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, sendParent, sendTo, setup } from 'xstate';
import { only, wordsOf, World } from './fold-world.ts';

const machine = setup({
  types: { context: {} as { count: number; end?: unknown } },
  actors: { disk: remote('disk') },
}).createMachine({
  id: 'counter',
  version: '1',
  context: { count: 0 },
  initial: 'alone',
  on: {
    ADD: { actions: assign({ count: ({ context }) => context.count + 1 }) },
    TELL: {
      actions: [
        sendTo(actorAddress('order', 'o-1'), { type: 'ONE' }),
        sendTo(actorAddress('order', 'o-2'), { type: 'TWO' }, { delay: 3000 }),
        sendTo(actorAddress('order', 'o-1'), { type: 'THREE' }),
      ],
    },
    UP: { actions: sendParent({ type: 'HELLO' }) },
    'pawl.stop': '.stopped',
  },
  states: {
    alone: { on: { JOIN: 'joined' } },
    joined: {
      invoke: {
        id: 'child',
        src: 'disk',
        input: { id: 'd-1', input: { size: 1 } },
        onDone: { target: 'alone', actions: assign({ end: ({ event }): unknown => event.output }) },
        onError: { target: 'alone', actions: assign({ end: ({ event }) => String(event.error) }) },
      },
      on: { LEAVE: 'alone' },
    },
    stopped: { type: 'final' },
  },
  output: ({ context }) => ({ count: context.count }),
});

const parent = { type: 'order', id: 'o-1', path: 'thing', generation: '3-0-aaaaaaaa' };

const born = (hasParent: boolean = false): World => {
  const world = new World(machine);
  world.append(hasParent ? 'child' : 'create', hasParent ? { parent } : {});
  return world;
};

const from = (sequence: number, n: number, id: string = 'o-1') => ({
  type: 'order',
  id,
  sequence,
  n,
});

const test = suite('peers in the fold');

test('a peer event is taken once; an older one of the same sender not at all', () => {
  const world = born();
  world.peer(from(7, 0), { type: 'ADD' });
  world.peer(from(7, 1), { type: 'ADD' });
  for (const repeat of [from(7, 1), from(7, 0), from(6, 9)])
    assert.is(wordsOf(world.peer(repeat, { type: 'ADD' }).outcome), 'ignored repeated-peer-event');
  assert.is(world.context['count'], 2);
  world.peer(from(1, 0, 'o-2'), { type: 'ADD' });
  assert.is(world.context['count'], 3);
});

test('a refused peer event stays refused when it is repeated', () => {
  const world = born();
  assert.is(wordsOf(world.peer(from(7, 0), { type: 'NONE' }).outcome), 'refused unknown-event');
  assert.is(
    wordsOf(world.peer(from(7, 0), { type: 'ADD' }).outcome),
    'ignored repeated-peer-event',
  );
});

test('peer events of one step are numbered over the whole step; a delayed one is a timer', () => {
  const world = born();
  const step = world.peer(from(2, 0), { type: 'TELL' }, { [HEADER.hops]: '4' });
  assert.equal(
    only(step, 'peer').map(({ to, n, sequence, event, hops }) => [
      to.id,
      sequence,
      n,
      event.type,
      hops,
    ]),
    [
      ['o-1', 2, 0, 'ONE', 5],
      ['o-1', 2, 1, 'THREE', 5],
    ],
  );
  const [key] = Object.keys(world.state?.pending.timers ?? {});
  const later = only(world.fire(key ?? ''), 'peer');
  assert.equal(
    later.map(({ to, n, event }) => [to.id, n, event.type]),
    [['o-2', 0, 'TWO']],
  );
});

test('a chain of more than 100 events is refused', () => {
  const world = born();
  world.peer(from(1, 0), { type: 'ADD' }, { [HEADER.hops]: '100' });
  assert.is(world.context['count'], 1);
  const step = world.peer(from(2, 0), { type: 'ADD' }, { [HEADER.hops]: '101' });
  assert.is(wordsOf(step.outcome), 'refused too-many-hops');
  assert.is(world.state?.status, 'active');
  assert.is(world.context['count'], 1);
  world.peer(from(3, 0), { type: 'ADD' });
  assert.is(world.context['count'], 2);
});

test('hops of clients count for nothing', () => {
  const world = new World(machine);
  assert.is(wordsOf(world.create({}, { [HEADER.hops]: '101' }).outcome), 'applied');
  const step = world.send('TELL', {}, { [HEADER.hops]: '101' });
  assert.is(wordsOf(step.outcome), 'applied');
  assert.is(only(step, 'peer')[0]?.hops, 1);
});

test('a child too far down a chain is not born', () => {
  const world = new World(machine);
  const step = world.append('child', { parent }, { [HEADER.hops]: '101' });
  assert.is(wordsOf(step.outcome), 'refused too-many-hops');
  assert.is(world.state, undefined);
});

test('remote: entering creates, the end of the child is the done event, once', () => {
  const world = born();
  const [effect] = only(world.send('JOIN'), 'create');
  const generation = world.state?.pending.children['child']?.generation ?? '';
  assert.equal(effect?.to, { type: 'disk', id: 'd-1' });
  assert.equal(effect?.parent, { type: 'thing', id: 't-1', path: 'child', generation });
  const child = { type: 'disk', id: 'd-1', sequence: 4, n: 0 };
  const end = { type: 'pawl.child-done', path: 'child', generation, output: { ok: true } };
  assert.is(
    wordsOf(world.peer({ ...child, id: 'd-2' }, end).outcome),
    'ignored unknown-sender',
    'another actor cannot end it',
  );
  world.peer(child, end);
  assert.equal(world.context['end'], { ok: true });
  assert.is(world.state?.peers['disk/d-1']?.ended, true);
  const again = world.peer({ ...child, sequence: 5 }, end);
  assert.is(wordsOf(again.outcome), 'ignored stale-reply');
});

test('remote: a child that faults is an error event; leaving tells it to stop', () => {
  const world = born();
  world.send('JOIN');
  const generation = world.state?.pending.children['child']?.generation ?? '';
  const error = { code: 'actor-faulted', message: 'disk/d-1 faulted' };
  const end = { type: 'pawl.child-failed', path: 'child', generation, error };
  world.peer({ type: 'disk', id: 'd-1', sequence: 4, n: 0 }, end);
  assert.is(world.context['end'], 'disk/d-1 faulted');
  world.send('JOIN');
  const [stop] = only(world.send('LEAVE'), 'peer');
  assert.is(stop?.event.type, 'pawl.stop');
  assert.equal(world.state?.pending.children, {});
});

test('pawl.stop reaches a machine from its parent only; the end is reported', () => {
  const world = born(true);
  const stop = { type: 'pawl.stop', parent };
  const stranger = world.peer(from(9, 0, 'o-9'), stop);
  assert.is(wordsOf(stranger.outcome), 'ignored unknown-sender');
  const [end] = only(world.peer(from(9, 0), stop), 'peer');
  assert.is(world.state?.status, 'done');
  assert.equal(end?.to, { type: 'order', id: 'o-1' });
  const { path, generation } = parent;
  assert.equal(end?.event, {
    type: 'pawl.child-done',
    path,
    generation,
    output: { count: 0 },
  });
});

test('sendParent reaches the parent; without one the actor faults, and a parent is told', () => {
  const child = born(true);
  const [hello] = only(child.send('UP'), 'peer');
  assert.equal([hello?.to.id, hello?.event.type], ['o-1', 'HELLO']);
  assert.is(wordsOf(born().send('UP').outcome), 'faulted step-failed');
  const step = child.append('host', {
    type: 'faulted',
    sequence: 2,
    error: { code: 'step-failed', message: 'poison' },
  });
  const [failed] = only(step, 'peer');
  assert.is(failed?.event.type, 'pawl.child-failed');
  assert.is(child.state?.status, 'faulted');
});

test('clients cannot send what only the runtime sends', () => {
  const world = born(true);
  for (const type of ['pawl.stop', 'pawl.late.disk', 'xstate.done.actor.child', 'xstate.stop'])
    assert.is(wordsOf(world.send(type).outcome), 'refused unknown-event');
});

test.run();

// The queue class of a command: the invoke's, else that of the operation behind it, else its own.
import {
  actorAddress,
  command,
  HEADER,
  onQueue,
  PawlError,
  remote,
  type QueueClass,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendTo, setup } from 'xstate';
import { z } from 'zod';
import { only, present, World } from './fold-world.ts';

const plain = command({ name: 'plain', service: 's', input: z.object({}), output: z.object({}) });
const heavy = command({
  name: 'heavy',
  service: 's',
  queue: 'heavy',
  input: z.object({}),
  output: z.object({}),
});
const call = (src: 'plain' | 'heavy' | 'pinned', onDone: string) =>
  ({ invoke: { id: src, src, input: () => ({}), onDone, onError: onDone } }) as const;

/** Each event begins an operation that goes on by a reply, a timer, a child or a peer. */
const machine = setup({
  types: { events: {} as { type: string } },
  actors: { plain, heavy, pinned: onQueue(heavy, 'regular'), disk: remote('disk') },
}).createMachine({
  id: 'thing',
  version: '1',
  type: 'parallel',
  states: {
    steps: {
      initial: 'idle',
      states: {
        idle: { on: { GO: 'first', OWN: 'own', PIN: 'pin', WAIT: 'waiting', BEAR: 'parent' } },
        first: call('plain', 'second'),
        second: call('plain', 'idle'),
        own: call('heavy', 'idle'),
        pin: call('pinned', 'idle'),
        waiting: { after: { 5000: 'first' } },
        parent: {
          invoke: {
            id: 'disk',
            src: 'disk',
            input: () => ({ id: 'd-1', input: {} }),
            onDone: 'first',
            onError: 'first',
          },
        },
      },
    },
    news: {
      on: {
        TELL: { actions: sendTo(actorAddress('order', 'o-1'), { type: 'NEWS' }) },
        LATER: { actions: sendTo(actorAddress('order', 'o-1'), { type: 'NEWS' }, { delay: 2000 }) },
        NOTE: {},
      },
    },
  },
});

const born = (): World => {
  const world = new World(machine);
  world.create();
  return world;
};

const as = (queueClass: QueueClass) => ({ [HEADER.class]: queueClass });
const classes = (world: World): (string | undefined)[] =>
  only(present(world.last), 'command').map((effect) => effect.class);

const test = suite('queue classes in the fold');

test('the invoke goes before the operation, the operation before the contract', () => {
  const of = (event: string, queueClass?: QueueClass): unknown => {
    const world = born();
    world.send(event, {}, queueClass === undefined ? {} : as(queueClass));
    return classes(world)[0];
  };
  assert.is(of('GO'), 'regular');
  assert.is(of('GO', 'background'), 'background');
  assert.is(of('OWN'), 'heavy');
  assert.is(of('OWN', 'background'), 'background');
  assert.is(of('OWN', 'regular'), 'regular');
  assert.is(of('PIN', 'background'), 'regular');
});

test('the steps that follow a reply are of the class of the operation', () => {
  const world = born();
  world.send('GO', {}, as('heavy'));
  world.done('plain', {});
  assert.equal(classes(world), ['heavy']);
});

test('a user who asks something meanwhile does not change the class of what goes on', () => {
  const world = born();
  world.send('GO', {}, as('heavy'));
  world.send('NOTE');
  world.send('TELL', {}, as('background'));
  world.done('plain', {});
  assert.equal(classes(world), ['heavy']);
  world.done('plain', {});
  world.send('GO');
  assert.equal(classes(world), ['regular'], 'and the next operation is its own');
});

test('a command that overrides the class does not hand it on', () => {
  const chain = setup({
    types: { events: {} as { type: string } },
    actors: { first: onQueue(plain, 'regular'), next: plain },
  }).createMachine({
    id: 'thing',
    version: '1',
    initial: 'idle',
    states: {
      idle: { on: { GO: 'first' } },
      first: { invoke: { id: 'first', src: 'first', input: () => ({}), onDone: 'next' } },
      next: { invoke: { id: 'next', src: 'next', input: () => ({}), onDone: 'idle' } },
    },
  });
  const world = new World(chain);
  world.create();
  world.send('GO', {}, as('heavy'));
  assert.equal(classes(world), ['regular']);
  world.done('first', {});
  assert.equal(classes(world), ['heavy']);
});

test('attempts that follow a backoff, and what follows a deadline, keep the class', () => {
  const world = born();
  world.send('GO', {}, as('background'));
  world.failed('plain');
  world.send('NOTE', {}, as('heavy'));
  world.fire('plain#retry');
  assert.equal(classes(world), ['background']);
  const { generation } = world.command('plain');
  world.append('host', { type: 'expired', path: 'plain', generation });
  assert.equal(classes(world), ['background'], 'the step after the deadline');
});

test('after, and a delayed sendTo, keep the class of what armed them', () => {
  const world = born();
  world.send('WAIT', {}, as('heavy'));
  world.send('LATER', {}, as('background'));
  const timers = Object.entries(present(world.state).pending.timers);
  const keyOf = (kind: string): string => present(timers.find(([, each]) => each.kind === kind))[0];
  const later = world.fire(keyOf('send'));
  assert.equal(
    only(later, 'peer').map((effect) => effect.class),
    ['background'],
  );
  world.fire(keyOf('after'));
  assert.equal(classes(world), ['heavy']);
});

test('peer events and remote children carry it, and the end of a child comes back to it', () => {
  const world = born();
  world.send('TELL', {}, as('background'));
  assert.is(only(present(world.last), 'peer')[0]?.class, 'background');
  world.peer({ type: 'order', id: 'o-1', sequence: 7, n: 0 }, { type: 'TELL' }, as('heavy'));
  assert.is(only(present(world.last), 'peer')[0]?.class, 'heavy');
  world.send('BEAR', {}, as('heavy'));
  assert.is(only(present(world.last), 'create')[0]?.class, 'heavy');
  world.send('NOTE', {}, as('background'));
  const { generation } = present(present(world.state).pending.children['disk']);
  const end = { type: 'pawl.child-done', path: 'disk', generation };
  world.peer({ type: 'disk', id: 'd-1', sequence: 9, n: 0 }, end, as('background'));
  assert.equal(classes(world), ['heavy']);
});

test('a create hands its class to all that follows', () => {
  const world = new World(
    setup({ actors: { plain } }).createMachine({
      id: 'thing',
      version: '1',
      initial: 'first',
      states: {
        first: { invoke: { id: 'a', src: 'plain', input: () => ({}), onDone: 'second' } },
        second: { invoke: { id: 'b', src: 'plain', input: () => ({}) } },
      },
    }),
  );
  world.create({}, as('heavy'));
  assert.equal(classes(world), ['heavy']);
  world.done('a', {});
  assert.equal(classes(world), ['heavy']);
});

test('an unknown class is refused where it is named', () => {
  const refuses = (action: () => unknown): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      assert.is(error.code, 'unknown-class');
      assert.match(error.message, 'regular, heavy, background');
      return;
    }
    assert.unreachable('It was taken.');
  };
  const urgent = 'urgent' as QueueClass;
  const schema = z.object({});
  refuses(() => onQueue(plain, urgent));
  refuses(() => command({ name: 'c', service: 's', queue: urgent, input: schema, output: schema }));
  refuses(() => born().send('GO', {}, as(urgent)));
  refuses(() => new World(machine).create({}, as(urgent)));
});

test.run();

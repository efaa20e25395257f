// Actors inside an actor that are replaced, lost or made twice, and what machines merely take.
import { command, decodeState, encodeState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assign,
  emit,
  fromTransition,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  type AnyActorRef,
} from 'xstate';
import { z } from 'zod';
import { wordsOf, World } from './fold-world.ts';

const work = command({ name: 'work', service: 'mill', input: z.unknown(), output: z.unknown() });

interface Refs {
  readonly refs: readonly AnyActorRef[];
}

const test = suite('actors inside an actor');

/** A parent that replaces its child while the child leaves a state. */
const replacing = (kid: ReturnType<typeof kidWith>) =>
  setup({ actors: { kid } }).createMachine({
    id: 'parent',
    version: '1',
    initial: 'run',
    states: {
      run: { invoke: { id: 'kid', src: 'kid' }, on: { LEFT: { target: 'run', reenter: true } } },
    },
  });

const kidWith = (states: object) =>
  setup({ actors: { work } }).createMachine({ id: 'kid', initial: 'a', states: states as never });

test('a child that is replaced while it is busy leaves the timers of its successor alone', () => {
  const world = new World(
    replacing(kidWith({ a: { exit: sendParent({ type: 'LEFT' }), after: { 1000: 'b' } }, b: {} })),
  );
  world.create();
  for (const round of [1, 2, 3]) {
    assert.is(wordsOf(world.fire('kid#after.1000.kid.a').outcome), 'applied', String(round));
    assert.equal(Object.keys(world.state?.pending.timers ?? {}), ['kid#after.1000.kid.a']);
  }
});

test('a child that is replaced while it is busy starts nothing any more', () => {
  const invoke = (onDone?: string) => ({ id: 'w', src: 'work', ...(onDone && { onDone }) });
  const world = new World(
    replacing(
      kidWith({
        a: { exit: sendParent({ type: 'LEFT' }), invoke: invoke('b') },
        b: { invoke: invoke() },
      }),
    ),
  );
  world.create();
  const before = world.command('kid/w').generation;
  const step = world.done('kid/w', {});
  assert.is(wordsOf(step.outcome), 'applied');
  assert.equal(Object.keys(world.state?.pending.commands ?? {}), ['kid/w']);
  assert.is.not(world.command('kid/w').generation, before);
  assert.is(step.effects.filter(({ kind }) => kind === 'command').length, 1);
});

test('a state entered twice at birth has the actor that it made last', () => {
  const machine = setup({
    types: { context: {} as Refs },
    actors: { work },
  }).createMachine({
    id: 'twice',
    version: '1',
    context: { refs: [] },
    initial: 'one',
    states: {
      one: {
        entry: [
          stopChild('s'),
          assign({ refs: ({ spawn }) => [spawn('work', { id: 's', input: {} })] }),
        ],
        always: { guard: ({ context }) => context.refs[0]?.id === 's', target: 'again' },
      },
      again: {
        entry: [
          stopChild('s'),
          assign({ refs: ({ spawn }) => [spawn('work', { id: 's', input: {} })] }),
        ],
      },
    },
  });
  const world = new World(machine);
  assert.is(wordsOf(world.create().outcome), 'applied');
  assert.equal(Object.keys(world.state?.snapshot.children ?? {}), ['s']);
  const running = Object.values(world.state?.pending.commands ?? {}).filter(
    ({ status }) => status === 'running',
  );
  assert.equal(
    running.map(({ path }) => path),
    ['s'],
  );
});

test('an actor that its machine has lost faults the step: no snapshot could hold it', () => {
  const machine = setup({
    types: { context: {} as Refs },
    actors: { work },
  }).createMachine({
    id: 'lost',
    version: '1',
    context: { refs: [] },
    initial: 'on',
    states: {
      on: {
        on: {
          FIRST: {
            actions: assign({ refs: ({ spawn }) => [spawn('work', { id: 's', input: {} })] }),
          },
          AGAIN: {
            actions: [
              stopChild('s'),
              spawnChild('work', { id: 's', input: {} }),
              stopChild(({ context }) => context.refs[0] ?? 's'),
            ],
          },
        },
      },
    },
  });
  const world = new World(machine);
  world.create();
  world.send('FIRST');
  const { outcome } = world.send('AGAIN');
  assert.is(wordsOf(outcome), 'faulted step-failed');
  assert.match(
    outcome.kind === 'faulted' ? outcome.error.message : '',
    'is no child of its machine',
  );
});

test('what a transition function emits is heard', () => {
  const counter = fromTransition(
    (state: { n: number }, _event: { type: string }, { emit: tell }) => {
      tell({ type: 'counted', n: state.n + 1 } as never);
      return { n: state.n + 1 };
    },
    { n: 0 },
  );
  const machine = setup({ actors: { counter } }).createMachine({
    id: 'count',
    version: '1',
    initial: 'on',
    states: {
      on: {
        invoke: { id: 'counter', src: 'counter' },
        on: { ADD: { actions: sendTo('counter', { type: 'ADD' }) } },
      },
    },
  });
  const world = new World(machine);
  world.create();
  const { effects } = world.send('ADD');
  const emitted = effects.flatMap((effect) => (effect.kind === 'emit' ? [effect.event] : []));
  assert.equal(emitted, [{ type: 'counted', n: 1 }]);
});

test('an event that a state takes without doing anything is taken, as in XState', () => {
  const machine = setup({
    types: { events: {} as { type: 'PULL' | 'PUSH' | 'OTHER' } },
  }).createMachine({
    id: 'takes',
    version: '1',
    initial: 'on',
    states: {
      on: { on: { PULL: {}, PUSH: { actions: [] } } },
      off: { on: { OTHER: { actions: emit({ type: 'other' }) } } },
    },
  });
  const world = new World(machine);
  world.create();
  for (const type of ['PULL', 'PUSH'])
    assert.is(wordsOf(world.send(type).outcome), 'applied', type);
  assert.is(wordsOf(world.send('OTHER').outcome), 'refused event-refused');
  const { state } = world;
  assert.equal(state && decodeState(encodeState(state)), state);
});

test.run();

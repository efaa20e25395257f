// Actors inside an actor that are replaced, lost or made twice, and what machines merely take.
import { command, decodeState, encodeState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assign,
  cancel,
  createMachine,
  emit,
  fromTransition,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  type AnyActorRef,
  type AnyStateMachine,
} from 'xstate';
import { z } from 'zod';
import { present, wordsOf, World } from './fold-world.ts';

const work = command({ name: 'work', service: 'mill', input: z.unknown(), output: z.unknown() });

interface Refs {
  readonly refs: readonly AnyActorRef[];
}

const test = suite('actors inside an actor');

/** A parent that replaces its child while the child leaves a state. */
const replacing = (kid: AnyStateMachine) =>
  setup({ actors: { kid } }).createMachine({
    id: 'parent',
    version: '1',
    initial: 'run',
    states: {
      run: { invoke: { id: 'kid', src: 'kid' }, on: { LEFT: { target: 'run', reenter: true } } },
    },
  });

const kidWith = (states: object): AnyStateMachine =>
  createMachine({ id: 'kid', initial: 'a', states } as never, { actors: { work } } as never);

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

/** The world of a parent that replaces this child. */
const parentOf = (kid: AnyStateMachine): World => {
  const world = new World(replacing(kid));
  world.create();
  return world;
};

const timersOf = (world: World): string[] => Object.keys(present(world.state).pending.timers);

test('cancel() of a child that was replaced while it is busy leaves the timers of its successor alone', () => {
  const world = parentOf(
    setup({ types: { events: {} as { type: 'LATER' } } }).createMachine({
      id: 'kid',
      entry: raise({ type: 'LATER' }, { id: 'alarm', delay: 5000 }),
      initial: 'a',
      states: {
        a: { exit: [sendParent({ type: 'LEFT' }), cancel('alarm')], after: { 1000: 'b' } },
        b: {},
      },
    }),
  );
  world.fire(present(timersOf(world).find((key) => key.includes('after'))));
  assert.equal(
    Object.values(present(world.state).pending.timers)
      .map(({ dueAt }) => dueAt - world.time)
      .sort((one, other) => one - other),
    [1000, 5000],
  );
});

test('what a child that was replaced starts, starts nothing in its turn', () => {
  const leaf = setup({ actors: { work }, delays: { soon: 500 } }).createMachine({
    id: 'leaf',
    initial: 'on',
    states: { on: { invoke: { id: 'w', src: 'work' }, after: { soon: 'off' } }, off: {} },
  });
  const world = parentOf(
    setup({ actors: { work, leaf } }).createMachine({
      id: 'kid',
      initial: 'a',
      states: {
        a: {
          exit: sendParent({ type: 'LEFT' }),
          invoke: { id: 'leaf', src: 'leaf' },
          after: { 1000: 'b' },
        },
        b: { invoke: { id: 'leaf', src: 'leaf' } },
      },
    }),
  );
  world.fire(present(timersOf(world).find((key) => key.startsWith('kid#after'))));
  assert.equal(timersOf(world).sort(), ['kid#after.1000.kid.a', 'kid/leaf#after.soon.leaf.on']);
  const { commands } = present(world.state).pending;
  assert.equal(
    Object.values(commands).map(({ path, status }) => `${path} ${status}`),
    ['kid/leaf/w cancelled', 'kid/leaf/w running'],
  );
  assert.is(wordsOf(world.done('kid/leaf/w', {}).outcome), 'applied');
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

test('a machine cannot stop an actor that is not its child, as in XState', () => {
  const still = setup({}).createMachine({ id: 'still' });
  const meddler = setup({ types: { input: {} as AnyActorRef } }).createMachine({
    id: 'meddler',
    context: ({ input }) => ({ ref: input }),
    on: { MEDDLE: { actions: stopChild(({ context }) => context['ref'] as AnyActorRef) } },
  });
  const machine = setup({
    types: { context: {} as Refs, events: {} as { type: 'MEDDLE' } },
    actors: { still, meddler },
  }).createMachine({
    id: 'two',
    version: '1',
    context: ({ spawn }) => {
      const ref = spawn('still', { id: 'still' });
      return { refs: [ref, spawn('meddler', { id: 'meddler', input: ref })] };
    },
    on: { MEDDLE: { actions: sendTo('meddler', { type: 'MEDDLE' }) } },
  });
  const world = new World(machine);
  world.create();
  const { outcome } = world.send('MEDDLE');
  assert.is(wordsOf(outcome), 'faulted step-failed');
  assert.match(outcome.kind === 'faulted' ? outcome.error.message : '', 'it is not a child');
});

test.run();

// The fold is pure: states are never changed, and memory makes no difference to what follows.
import { decodeState, encodeState, fold, foldTwice, HEADER, type ActorState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, sendParent, sendTo, setup, type ActorRefFrom } from 'xstate';
import { present, wordsOf, World } from './fold-world.ts';

const inner = setup({ types: { context: {} as { heard: number } } }).createMachine({
  id: 'inner',
  context: { heard: 0 },
  on: { PING: { actions: assign({ heard: ({ context }) => context.heard + 1 }) } },
  initial: 'quiet',
  states: {
    quiet: { on: { REPLACE: { actions: sendParent({ type: 'AGAIN' }) }, END: 'over' } },
    over: { type: 'final' },
  },
});

let calls = 0;

const machine = setup({
  types: {
    context: {} as {
      ref?: ActorRefFrom<typeof inner> | undefined;
      nothing: string | undefined;
      list: number[];
      keys?: number;
    },
  },
  actors: { inner },
}).createMachine({
  id: 'outer',
  version: '1',
  context: { nothing: undefined, list: [] },
  initial: 'one',
  on: {
    'xstate.done.actor.kid': {},
    SPAWN: { actions: assign({ ref: ({ spawn }) => spawn('inner', { id: 'kid' }) }) },
    PING: { actions: sendTo(({ context, self }) => context.ref ?? self, { type: 'PING' }) },
    STOP: { actions: sendTo(({ context, self }) => context.ref ?? self, { type: 'END' }) },
    KEYS: { actions: assign({ keys: ({ context }) => Object.keys(context).length }) },
    CLEAR: { actions: assign({ nothing: undefined }) },
    MUTATE: {
      actions: assign({
        list: ({ context }) => {
          context.list.push(1);
          return context.list;
        },
      }),
    },
    RANDOM: {
      actions: assign({
        list: () => {
          calls += 1;
          return [calls];
        },
      }),
    },
    AGAIN: '.two',
    SWAP: { actions: sendTo('kept', { type: 'REPLACE' }) },
  },
  states: {
    one: { invoke: { id: 'kept', src: 'inner' } },
    two: { invoke: { id: 'kept', src: 'inner' } },
  },
});

const born = (): World => {
  const world = new World(machine);
  world.create();
  return world;
};

const eventEntry = (world: World, sequence: number, type: string) => ({
  type: 'thing',
  id: 't-1',
  sequence,
  time: world.time + 1000,
  kind: 'event' as const,
  headers: {},
  body: { type },
});

const sent = (world: World, state: ActorState | undefined, type: string): ActorState => {
  const entry = eventEntry(world, (state?.sequence ?? 0) + 1, type);
  const step = fold(world.registered, state, entry);
  assert.is(wordsOf(step.outcome), 'applied');
  return present(step.state);
};

const test = suite('purity of the fold');

test('an old state folded again gives what it gave, whatever was folded since', () => {
  const world = born();
  const first = sent(world, world.state, 'SPAWN');
  const bytes = encodeState(first);
  const second = sent(world, first, 'PING');
  const third = sent(world, second, 'STOP');
  const again = sent(world, first, 'PING');
  assert.equal(again, second);
  assert.equal(sent(world, again, 'STOP'), third);
  assert.equal(encodeState(first), bytes, 'the old state is as it was');
});

test('two branches from one state do not see each other', () => {
  const world = born();
  const first = sent(world, world.state, 'SPAWN');
  const left = sent(world, first, 'STOP');
  const right = sent(world, first, 'PING');
  const childOf = (state: ActorState): unknown =>
    (present(state.snapshot.children)['kid'] as { snapshot: { status: string } }).snapshot.status;
  assert.is(childOf(left), 'done');
  assert.is(childOf(right), 'active');
});

test('a refused entry hands the running form on', () => {
  const world = born();
  const before = world.state?.snapshot;
  const entry = eventEntry(world, 2, 'NONE');
  const step = fold(world.registered, world.state, entry);
  assert.is(wordsOf(step.outcome), 'refused unknown-event');
  assert.is(step.state?.snapshot, before);
});

test('undefined is not remembered: keys are counted as a decoded context has them', () => {
  const world = born();
  world.send('CLEAR');
  world.send('KEYS');
  assert.is(world.context['keys'], 1);
});

test('references survive a reload, also to an actor that has ended: nothing reaches it', () => {
  const world = born();
  world.send('SPAWN');
  const heard = (): unknown => {
    const kid = present(world.state).snapshot.children?.['kid'];
    return (kid as { snapshot: { context: { heard: number } } }).snapshot.context.heard;
  };
  world.state = world.state && decodeState(encodeState(world.state));
  world.send('PING');
  assert.is(heard(), 1);
  world.send('STOP');
  world.state = world.state && decodeState(encodeState(world.state));
  world.send('PING');
  assert.is(heard(), 1);
});

test('a child that asks to be replaced while it is busy is replaced', () => {
  const world = born();
  const before = world.state?.incarnations['kept'];
  assert.is(wordsOf(world.send('SWAP').outcome), 'applied');
  assert.is(world.value, 'two');
  assert.is.not(world.state?.incarnations['kept'], before);
});

test('a context that is changed in place changes no earlier state', () => {
  const world = born();
  const { state: before } = world;
  const bytes = before && encodeState(before);
  for (const length of [1, 2]) {
    assert.is(wordsOf(world.send('MUTATE').outcome), 'applied');
    assert.equal(world.state?.snapshot.context['list'], Array<number>(length).fill(1));
  }
  assert.equal(before && encodeState(before), bytes);
});

test('twice: a result that depends on anything else is found, with its path', () => {
  const { outcome } = born().send('RANDOM');
  assert.is(wordsOf(outcome), 'faulted nondeterministic');
  assert.match(outcome.kind === 'faulted' ? outcome.error.message : '', 'snapshot.context.list');
});

test('every state is the same after encoding', () => {
  const world = born();
  for (const type of ['SPAWN', 'PING', 'SWAP', 'CLEAR', 'STOP']) {
    const { state } = world.send(type);
    assert.equal(state && decodeState(encodeState(state)), state, type);
  }
  assert.is(world.state?.sequence, 6);
});

test('headers change nothing but class and hops', () => {
  const world = born();
  const entry = eventEntry(world, 2, 'PING');
  const headers = { [HEADER.by]: 'ada', [HEADER.traceparent]: '00-1-2-03' };
  assert.equal(
    foldTwice(world.registered, world.state, { ...entry, headers }),
    foldTwice(world.registered, world.state, entry),
  );
});

test.run();

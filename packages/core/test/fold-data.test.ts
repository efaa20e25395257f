// Data in the fold: a step sees the same from memory as from bytes, and nothing honest faults it.
import { decodeBody, decodeState, encodeBody, encodeState } from '@pawl/core';
import type { ActorState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, emit, raise, setup } from 'xstate';
import { wordsOf, World } from './fold-world.ts';

const fragile = setup({}).createMachine({
  id: 'fragile',
  initial: 'one',
  states: {
    one: {
      entry: assign(() => {
        throw new TypeError('it broke');
      }),
    },
  },
});

const machine = setup({
  types: {
    context: {} as {
      list: { n: number }[];
      chosen?: unknown;
      text?: string;
      error?: unknown;
      n?: number;
    },
    events: {} as { type: string; value?: unknown },
  },
  actors: { fragile },
}).createMachine({
  id: 'data',
  version: '1',
  context: { list: [{ n: 1 }] },
  initial: 'open',
  states: {
    open: {
      on: {
        CHOOSE: { actions: assign({ chosen: ({ context }) => context.list[0] }) },
        SAME: [
          { guard: ({ context }) => context.list[0] === context.chosen, target: 'same' },
          { target: 'other' },
        ],
        KEEP: { actions: assign({ chosen: ({ event }) => event.value }) },
        ROUND: { actions: assign({ n: () => Math.round(-0.4) }) },
        CUT: { actions: assign({ text: () => 'ok \u{1F600}'.slice(0, 4) }) },
        EMIT: { actions: emit(({ event }) => ({ type: 'price', value: Number(event.value) })) },
        LATER: { actions: raise(() => ({ type: 'KEEP', value: Math.round(-0.4) }), { delay: 10 }) },
        NEST: { actions: assign({ chosen: ({ context }) => [context.chosen ?? 0] }) },
        BREAK: 'breaking',
      },
    },
    same: {},
    other: {},
    breaking: {
      invoke: {
        id: 'kid',
        src: 'fragile',
        onError: { target: 'open', actions: assign({ error: ({ event }) => event.error }) },
      },
    },
  },
});

const world = (): World => new World(machine);

const isSameFromBytes = (one: World): void => {
  const state = one.state as ActorState;
  assert.equal(decodeState(encodeState(state)), state);
};

const test = suite('data in the fold');

test('one object in two places is two objects in the next step, from memory as from bytes', () => {
  const one = world();
  one.create({});
  one.send('CHOOSE');
  one.send('SAME');
  assert.is(one.value, 'other');
});

test('text __proto__ is kept in a state and in messages', () => {
  const one = world();
  one.create({});
  assert.is(wordsOf(one.send('KEEP', { value: 'about __proto__ here' }).outcome), 'applied');
  isSameFromBytes(one);
  assert.equal(decodeBody(encodeBody({ input: one.state?.snapshot.context })), {
    input: { list: [{ n: 1 }], chosen: 'about __proto__ here' },
  });
});

test('-0 and half a character that a machine makes become what bytes can hold', () => {
  const one = world();
  one.create({});
  for (const type of ['ROUND', 'CUT', 'LATER'])
    assert.is(wordsOf(one.send(type).outcome), 'applied', type);
  assert.ok(Object.is(one.state?.snapshot.context['n'], 0));
  assert.is(one.state?.snapshot.context['text'], 'ok \uFFFD');
  isSameFromBytes(one);
});

test('the error of a child machine may be kept: it becomes data', () => {
  const one = world();
  one.create({});
  assert.is(wordsOf(one.send('BREAK').outcome), 'applied');
  assert.equal(one.state?.snapshot.context['error'], { code: 'step-failed', message: 'it broke' });
  isSameFromBytes(one);
});

test('an emit that is not JSON faults the actor, and nothing is thrown later', async () => {
  const one = world();
  one.create({});
  const uncaught: unknown[] = [];
  const listen = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', listen);
  const { outcome } = one.send('EMIT', { value: 'abc' });
  // What a handler throws, XState throws again from a timer.
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off('uncaughtException', listen);
  assert.is(wordsOf(outcome), 'faulted not-json-data');
  assert.equal(uncaught, []);
});

test('data nested too deep to be saved faults the step instead of being applied', () => {
  const one = world();
  one.create({});
  for (let depth = 0; depth < 198; depth += 1)
    assert.is(wordsOf(one.send('NEST').outcome), 'applied', String(depth));
  isSameFromBytes(one);
  for (const _ of [1, 2, 3]) one.send('NEST');
  assert.is(one.state?.status, 'faulted');
  assert.is(one.state?.fault?.error.code, 'not-json-data');
});

test.run();

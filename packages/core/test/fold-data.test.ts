// Data in the fold: a step sees the same from memory as from bytes, and nothing honest faults it.
import { decodeBody, decodeState, encodeBody, encodeState } from '@pawl/core';
import type { ActorState } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, emit, fromTransition, raise, sendTo, setup } from 'xstate';
import { present, wordsOf, World } from './fold-world.ts';

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

/** Runs `act` and returns what was thrown out of a timer or promise until timers had their turn. */
const uncaughtIn = async (act: () => void): Promise<unknown[]> => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  try {
    act();
    // XState rethrows what a handler throws in a timer of 1 ms; this one comes after it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
  } finally {
    process.off('uncaughtException', note);
  }
  return uncaught;
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
  const uncaught = await uncaughtIn(() => one.send('EMIT', { value: 'abc' }));
  assert.is(one.last && wordsOf(one.last.outcome), 'faulted not-json-data');
  assert.equal(uncaught, []);
});

test('children that answer each other for ever, heard by onSnapshot, fault the step alone', async () => {
  const echo = (path: string) =>
    fromTransition(
      (heard: number, { type }: { type: string }) => (type === path ? heard + 1 : 0),
      0,
    );
  for (let phase = 0; phase < 3; phase += 1) {
    const hall = new World(
      setup({
        types: { events: {} as { type: 'E' } },
        actors: { echo: echo('PING') },
      }).createMachine({
        id: 'hall',
        version: '1',
        invoke: {
          id: 'echo',
          src: 'echo',
          // Two or more answers to each snapshot: the limit falls into another place each time.
          onSnapshot: {
            actions: Array.from({ length: 1 + phase }, () => sendTo('echo', { type: 'PING' })),
          },
        },
        on: { E: { actions: sendTo('echo', { type: 'PING' }) } },
      }),
    );
    const uncaught = await uncaughtIn(() => {
      if (wordsOf(hall.create().outcome) === 'applied') hall.send('E');
    });
    assert.is(wordsOf(present(hall.last).outcome), 'faulted runaway-step', `phase ${phase}`);
    assert.equal(uncaught, [], `phase ${phase}`);
  }
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

// Which actors stay running in memory between their entries, and that it makes no difference.
import {
  command,
  createFold,
  encodeBody,
  encodeState,
  readEntry,
  registerMachine,
  standardRules,
  type ActorState,
  type Entry,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const test = suite('warm actors');

const work = command({
  name: 'work',
  service: 'mill',
  input: z.object({}),
  output: z.object({}),
});

const machine = setup({
  types: { context: {} as { turns: number }, events: {} as { type: 'TURN' } | { type: 'WORK' } },
  actors: { work },
}).createMachine({
  id: 'wheel',
  version: '1',
  context: { turns: 0 },
  initial: 'still',
  states: {
    still: {
      on: {
        TURN: { actions: assign({ turns: ({ context }) => context.turns + 1 }) },
        WORK: 'busy',
      },
    },
    busy: {
      invoke: { id: 'work', src: 'work', input: {}, onDone: 'still' },
      on: { TURN: 'still' },
    },
  },
});

const registered = registerMachine('wheel', machine);

/** A fold that counts how often a running form had to be restored. */
const countingFold = (): {
  readonly step: (state: ActorState | undefined, entry: Entry) => ActorState;
  readonly restored: () => number;
} => {
  let restored = 0;
  const fold = createFold({
    ...standardRules,
    hydrate: (...wanted) => {
      restored += 1;
      return standardRules.hydrate(...wanted);
    },
  });
  return {
    step: (state, entry) => {
      const next = fold(registered, state, entry).state;
      assert.ok(next);
      return next;
    },
    restored: () => restored,
  };
};

let sequence = 0;
const entryFor = (id: string, kindToken: 'create' | 'event', body: object): Entry => {
  sequence += 1;
  const time = 1_767_225_600_000 + sequence;
  const headers = {};
  return readEntry({
    ...{ type: 'wheel', id, sequence, time, kindToken, headers },
    body: encodeBody(body),
  });
};

const OTHERS = 300;

/** The state of one actor after so many others were created, and how often it was restored. */
const afterOthers = (id: string, first: object | undefined): [ActorState, number] => {
  const { step, restored } = countingFold();
  let state = step(undefined, entryFor(id, 'create', {}));
  if (first !== undefined) state = step(state, entryFor(id, 'event', first));
  for (let other = 0; other < OTHERS; other += 1)
    step(undefined, entryFor(`${id}-${other}`, 'create', {}));
  assert.is(restored(), 0);
  return [step(state, entryFor(id, 'event', { type: 'TURN' })), restored()];
};

test('an actor that waits for a command keeps running while others come', () => {
  const [state, restored] = afterOthers('busy', { type: 'WORK' });
  assert.is(state.snapshot.value, 'still');
  assert.is(restored, 0);
});

test('an actor at rest is only its state after a while, and goes on from it', () => {
  const [state, restored] = afterOthers('resting', { type: 'TURN' });
  assert.equal(state.snapshot.context, { turns: 2 });
  assert.is(restored, 1);
});

test('an actor at rest that keeps being used keeps running', () => {
  const { step, restored } = countingFold();
  let state = step(undefined, entryFor('used', 'create', {}));
  for (let round = 0; round < OTHERS; round += 1) {
    step(undefined, entryFor(`other-${round}`, 'create', {}));
    state = step(state, entryFor('used', 'event', { type: 'TURN' }));
  }
  assert.is(restored(), 0);
  assert.equal(state.snapshot.context, { turns: OTHERS });
});

test('running or restored, the state is the same', () => {
  const entries = [
    entryFor('same', 'create', {}),
    ...['TURN', 'TURN', 'WORK', 'TURN'].map((type) => entryFor('same', 'event', { type })),
  ];
  const running = countingFold();
  let kept: ActorState | undefined;
  let anew: ActorState | undefined;
  for (const entry of entries) kept = running.step(kept, entry);
  for (const entry of entries) {
    // A copy is never the newest state that was made, so its running form is restored.
    anew = running.step(anew && structuredClone(anew), entry);
  }
  assert.is(running.restored(), entries.length - 1);
  assert.equal(encodeState(kept as ActorState), encodeState(anew as ActorState));
});

test.run();

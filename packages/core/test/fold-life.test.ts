// The life of an actor in the fold: birth, events, refusals, faults, end, next incarnation.
import { encodeState, fold, HEADER, schemasOf } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, enqueueActions, log, setup } from 'xstate';
import { z } from 'zod';
import { only, present, wordsOf, World } from './fold-world.ts';

const { types, schemas } = schemasOf({
  input: z.object({ name: z.string() }),
  context: z.object({ name: z.string(), size: z.number(), bad: z.unknown().optional() }),
  events: {
    GROW: z.object({ by: z.number().positive() }),
    BREAK: z.object({ how: z.string() }),
    LOOP: z.object({}),
    SHOUT: z.object({}),
    END: z.object({}),
    REST: z.object({}),
    UNUSED: z.object({}),
  },
});

const BAD: Readonly<Record<string, () => unknown>> = {
  date: () => new Date(0),
  nan: () => Number.NaN,
  function: () => () => 1,
  deep: () => ({ list: [1, new Map()] }),
  throw: () => {
    throw new Error('planted');
  },
};

const machine = setup({ types, schemas }).createMachine({
  id: 'thing',
  version: '1',
  context: ({ input }) => ({ name: input.name, size: 1 }),
  initial: 'alive',
  states: {
    alive: {
      tags: ['up'],
      on: {
        GROW: {
          guard: ({ context }) => context.size < 5,
          actions: assign({ size: ({ context, event }) => context.size + event.by }),
        },
        BREAK: { actions: assign({ bad: ({ event }): unknown => BAD[event.how]?.() }) },
        LOOP: 'round',
        SHOUT: {
          actions: [
            log('heard', 'note'),
            enqueueActions(({ enqueue }) => {
              enqueue(() => undefined);
            }),
          ],
        },
        REST: 'resting',
        END: 'over',
      },
    },
    round: { always: 'about' },
    about: { always: 'round' },
    resting: {},
    over: { type: 'final' },
  },
  output: ({ context }) => ({ size: context.size }),
});

const born = (): World => {
  const world = new World(machine);
  world.create({ name: 'a' });
  return world;
};

const test = suite('life of an actor in the fold');

test('before the create nothing is there; the first create is the birth', () => {
  const world = new World(machine);
  assert.is(wordsOf(world.send('END').outcome), 'refused no-such-actor');
  assert.is(world.state, undefined);
  assert.is(wordsOf(world.create({ name: 'a' }).outcome), 'applied');
  assert.is(world.state?.bornAt, 2);
  assert.is(world.value, 'alive');
  assert.equal(world.state?.tags, ['up']);
});

test('a second create is refused and changes nothing', () => {
  const world = born();
  const before = world.state?.snapshot;
  assert.is(wordsOf(world.create({ name: 'b' }).outcome), 'refused actor-exists');
  assert.is(world.state?.snapshot, before);
  assert.is(world.state?.sequence, 2);
});

test('an input that does not match leaves the actor unborn; the next create may do better', () => {
  const world = new World(machine);
  assert.is(wordsOf(world.create({ name: 7 }).outcome), 'refused invalid-input');
  assert.is(world.state, undefined);
  world.create({ name: 'a' });
  assert.is(world.value, 'alive');
});

test('after the end a create begins the next incarnation', () => {
  const world = born();
  world.send('END');
  assert.is(world.state?.status, 'done');
  assert.equal(world.state?.snapshot.output, { size: 1 });
  assert.is(wordsOf(world.send('GROW', { by: 1 }).outcome), 'refused actor-ended');
  world.create({ name: 'b' });
  assert.is(world.state?.bornAt, 4);
  assert.is(world.state?.status, 'active');
  assert.is(world.context['name'], 'b');
});

test('what a machine does not take is refused, with the state and what it takes', () => {
  const world = born();
  assert.is(wordsOf(world.send('NOPE').outcome), 'refused unknown-event');
  assert.is(wordsOf(world.send('GROW', { by: -1 }).outcome), 'refused invalid-event');
  assert.is(wordsOf(world.send('UNUSED').outcome), 'refused event-refused');
  const { outcome } = world.send('UNUSED');
  assert.equal(outcome.kind === 'refused' && outcome.error.details, {
    state: 'alive',
    accepts: ['BREAK', 'END', 'GROW', 'LOOP', 'REST', 'SHOUT'],
  });
  world.send('GROW', { by: 4 });
  assert.is(wordsOf(world.send('GROW', { by: 1 }).outcome), 'refused event-refused');
  assert.is(world.context['size'], 5, 'a guard that says no refuses');
});

test('since says when the value changed, not when anything happened', () => {
  const world = born();
  const { since } = world.state ?? {};
  world.send('GROW', { by: 1 });
  assert.is(world.state?.since, since);
  world.send('REST');
  assert.is(world.state?.since, world.time);
});

for (const [how, code] of [
  ['date', 'not-json-data'],
  ['nan', 'not-json-data'],
  ['function', 'not-json-data'],
  ['deep', 'not-json-data'],
  ['throw', 'step-failed'],
] as const)
  test(`a context with ${how} faults; the last good snapshot stays`, () => {
    const world = born();
    world.send('GROW', { by: 1 });
    const before = world.state?.snapshot;
    const step = world.send('BREAK', { how });
    assert.is(wordsOf(step.outcome), `faulted ${code}`);
    assert.equal(step.effects, []);
    assert.is(world.state?.status, 'faulted');
    assert.equal(world.state?.snapshot, before);
    assert.is(world.state?.fault?.sequence, 3);
    if (how === 'deep') assert.equal(world.state?.fault?.error.details, { path: 'bad.list.1' });
    assert.is(wordsOf(world.send('END').outcome), 'refused actor-faulted');
    assert.is(wordsOf(world.create({ name: 'b' }).outcome), 'refused actor-exists');
  });

test('an always that never rests faults', () => {
  assert.is(wordsOf(born().send('LOOP').outcome), 'faulted runaway-step');
});

test('a side effect that only shows at run time faults, and nothing of the step happens', () => {
  const step = born().send('SHOUT');
  assert.is(wordsOf(step.outcome), 'faulted side-effect');
  assert.equal(step.effects, []);
});

test('an entry that the state has is not folded again', () => {
  const world = born();
  const { state } = world;
  const entry = {
    type: 'thing',
    id: 't-1',
    sequence: 1,
    time: world.time,
    kind: 'event',
    headers: {},
    body: { type: 'END' },
  } as const;
  const step = fold(world.registered, state, entry);
  assert.is(step.state, state);
  assert.is(wordsOf(step.outcome), 'ignored nothing-to-do');
});

test('a state of another digest is never folded on', () => {
  const world = born();
  const entry = {
    type: 'thing',
    id: 't-1',
    sequence: 9,
    time: world.time,
    kind: 'event',
    headers: {},
    body: { type: 'END' },
  } as const;
  const other = { ...world.registered, digest: 'another' };
  assert.throws(() => fold(other, world.state, entry), /digest/);
});

test('a forged timer is no entry', () => {
  const world = born();
  assert.throws(
    () => world.append('timer', { key: '#x', generation: '1-0-a' }),
    (error: { code?: string }) => error.code === 'forged-timer',
  );
});

test('a body may be MessagePack or JSON: the same step', () => {
  const [json, packed] = [born(), born()];
  json.append('event', { type: 'GROW', by: 2 }, {}, true);
  packed.append('event', { type: 'GROW', by: 2 }, {}, false);
  assert.equal(packed.state, json.state);
});

test('an error in the birth faults: the actor is there, and its parent hears of it', () => {
  const broken = setup({}).createMachine({
    id: 'broken',
    version: '1',
    context: () => {
      throw new Error('planted');
    },
    initial: 'a',
    states: { a: {} },
  });
  const world = new World(broken);
  const parent = { type: 'order', id: 'o-1', path: 'child', generation: '1-0-aaaaaaaa' };
  const step = world.append('child', { parent });
  assert.is(wordsOf(step.outcome), 'faulted step-failed');
  assert.is(only(step, 'peer')[0]?.event.type, 'pawl.child-failed');
  const retry = world.append('admin', { type: 'retry', by: 'ada' });
  assert.is(wordsOf(retry.outcome), 'refused actor-faulted');
  assert.ok(encodeState(present(world.state)).length > 0);
});

test('hops that are no number count as none', () => {
  const world = new World(machine);
  world.create({ name: 'a' }, { [HEADER.hops]: 'many' });
  assert.is(world.state?.status, 'active');
});

test.run();

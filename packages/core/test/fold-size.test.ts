// The size of an actor: what would make it larger than its machine allows is refused, or is an
// error that the machine hears.
import { command, HEADER, PawlError, registerMachine, remote, type Step } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, createMachine, raise, sendTo, setup, stopChild, spawnChild } from 'xstate';
import { z } from 'zod';
import { only, wordsOf, World } from './fold-world.ts';

const fetchText = command({
  name: 'fetch-text',
  service: 'texts',
  input: z.unknown(),
  output: z.string(),
});

interface Context {
  readonly text: string;
  readonly error?: string;
}

interface TextEvent {
  readonly type: string;
  readonly text?: string;
}

const textOf = (event: object): string =>
  'text' in event && typeof event.text === 'string' ? event.text : '';

const inner = createMachine({
  id: 'inner',
  context: { text: '' },
  on: { KEEP: { actions: assign(({ event }) => ({ text: textOf(event) })) } },
});

const machineWith = (contextMax?: number) =>
  setup({
    types: {
      context: {} as Context,
      events: {} as TextEvent,
      input: {} as { readonly text: string | undefined },
    },
    actors: { fetchText, far: remote('far'), inner },
    delays: { soon: 1000 },
  }).createMachine({
    id: 'keeper',
    version: '1',
    ...(contextMax !== undefined && { meta: { pawl: { contextMax } } }),
    context: ({ input }) => ({ text: input.text ?? '' }),
    initial: 'idle',
    on: {
      KEEP: { actions: assign({ text: ({ event }) => textOf(event) }) },
      ADD: { actions: assign({ text: ({ context, event }) => context.text + textOf(event) }) },
      SPAWN: { actions: spawnChild('inner', { id: 'kid' }) },
      TELL: {
        actions: sendTo('kid', ({ event }) => ({ type: 'KEEP', text: textOf(event) })),
      },
      DISMISS: { actions: stopChild('kid') },
      LATER: { actions: raise(({ event }) => ({ ...event, type: 'KEEP' }), { delay: 'soon' }) },
      'pawl.stop': { actions: assign({ text: ({ context }) => context.text.repeat(2) }) },
      'pawl.late.fetchText': { actions: assign({ text: ({ event }) => JSON.stringify(event) }) },
    },
    states: {
      idle: { on: { FETCH: 'fetching', REACH: 'reaching', END: 'over' } },
      fetching: {
        on: { LEAVE: 'idle' },
        invoke: {
          id: 'fetch',
          src: 'fetchText',
          onDone: {
            target: 'idle',
            actions: assign({ text: ({ event }) => JSON.stringify(event.output) }),
          },
          onError: { target: 'idle', actions: assign({ error: ({ event }) => codeOf(event) }) },
        },
      },
      reaching: {
        invoke: {
          id: 'far',
          src: 'far',
          input: { id: 'f-1', input: {} },
          onDone: {
            target: 'idle',
            actions: assign({ text: ({ event }) => JSON.stringify(event.output) }),
          },
          onError: { target: 'idle', actions: assign({ error: ({ event }) => codeOf(event) }) },
        },
      },
      over: { type: 'final' },
    },
    output: ({ context }) => ({ text: context.text }),
  });

const codeOf = (event: { readonly error: unknown }): string =>
  typeof event.error === 'object' && event.error !== null && 'code' in event.error
    ? String(event.error.code)
    : String(event.error);

const LIMIT = 2000;
const small = machineWith(LIMIT);
const tooLong = 'x'.repeat(LIMIT);

const born = (): World => {
  const world = new World(small);
  world.create({});
  return world;
};

/** Refused with the way out, and nothing has changed. */
const refuses = (world: World, act: () => Step): void => {
  const before = world.state;
  const step = act();
  assert.is(wordsOf(step.outcome), 'refused payload-too-large');
  assert.match(step.outcome.kind === 'refused' ? step.outcome.error.message : '', /contextMax/);
  assert.equal(step.effects, []);
  assert.is(step.state?.snapshot, before?.snapshot);
  assert.is(step.state?.status, before?.status);
};

const test = suite('size of an actor');

test('an event that would make the actor too large is refused, and the next one is taken', () => {
  const world = born();
  world.send('KEEP', { text: 'x'.repeat(LIMIT - 100) });
  refuses(world, () => world.send('ADD', { text: 'x'.repeat(200) }));
  assert.is(wordsOf(world.send('KEEP', { text: 'short' }).outcome), 'applied');
});

test('so is the event of another actor', () => {
  const world = born();
  const from = { type: 'other', id: 'o-1', sequence: 7, n: 0 };
  refuses(world, () => world.peer(from, { type: 'KEEP', text: tooLong }));
  assert.is(wordsOf(world.peer(from, { type: 'KEEP' }).outcome), 'ignored repeated-peer-event');
});

test('contexts of machines inside and outputs count, too', () => {
  const world = born();
  const half = 'x'.repeat(LIMIT * 0.6);
  world.send('SPAWN');
  world.send('KEEP', { text: half });
  refuses(world, () => world.send('TELL', { text: half }));
  refuses(world, () => world.send('END'));
  world.send('KEEP', { text: '' });
  assert.is(wordsOf(world.send('TELL', { text: half }).outcome), 'applied');
  world.send('DISMISS');
  assert.is(wordsOf(world.send('KEEP', { text: half }).outcome), 'applied');
});

test('a create that would make the actor too large is refused, and the id is free', () => {
  const world = new World(small);
  assert.is(wordsOf(world.create({ text: tooLong }).outcome), 'refused payload-too-large');
  assert.is(world.state, undefined);
  assert.is(wordsOf(world.create({}).outcome), 'applied');
  world.send('END');
  refuses(world, () => world.create({ text: tooLong }));
});

test('an output that the actor has no room for is an error of the command, told once', () => {
  const world = born();
  world.send('FETCH');
  const step = world.done('fetch', tooLong);
  assert.is(wordsOf(step.outcome), 'applied');
  assert.is(world.value, 'idle');
  assert.equal(world.context, { text: '', error: 'payload-too-large' });
  assert.equal(world.state?.pending.commands, {});
});

test('so is the output of a durable child', () => {
  const world = born();
  world.send('REACH');
  const { generation } = world.state?.pending.children['far'] ?? {};
  const from = { type: 'far', id: 'f-1', sequence: 9, n: 0 };
  const end = { type: 'pawl.child-done', path: 'far', generation, output: tooLong };
  assert.is(wordsOf(world.peer(from, end).outcome), 'applied');
  assert.equal(world.context, { text: '', error: 'payload-too-large' });
});

test('a late success that the actor has no room for is an effect without owner', () => {
  const world = born();
  world.send('FETCH');
  const { generation, task, service } = world.command('fetch');
  world.send('LEAVE');
  const reply = { task, path: 'fetch', generation, outcome: 'done', output: tooLong };
  const step = world.append(`reply-${service}`, reply);
  assert.is(wordsOf(step.outcome), 'applied');
  assert.is(only(step, 'late').length, 1);
  assert.is(world.context['text'], '');
});

test('an operator cannot inject an output that the actor has no room for', () => {
  const world = born();
  world.send('FETCH');
  const order = { type: 'inject', by: 'op', path: 'fetch', outcome: 'done', output: tooLong };
  refuses(world, () => world.append('admin', order));
  world.send('LEAVE');
  world.send('REACH');
  refuses(world, () => world.append('admin', { ...order, path: 'far' }));
});

test('what cannot be refused faults: a timer, and the word of a parent to stop', () => {
  const timed = born();
  timed.send('LATER', { text: tooLong });
  const [key = ''] = Object.keys(timed.state?.pending.timers ?? {});
  assert.is(wordsOf(timed.fire(key).outcome), 'faulted payload-too-large');
  const parent = { type: 'order', id: 'o-1', path: 'kid', generation: '1-0-aaaaaaaa' };
  const child = new World(small);
  child.append('child', { input: {}, parent }, { [HEADER.hops]: '1' });
  child.send('KEEP', { text: 'x'.repeat(LIMIT * 0.6) });
  const from = { type: 'order', id: 'o-1', sequence: 9, n: 0 };
  const stop = { type: 'pawl.stop', parent };
  assert.is(wordsOf(child.peer(from, stop).outcome), 'faulted payload-too-large');
});

test('without a word of the machine an actor has 512 KiB', () => {
  const world = new World(machineWith());
  world.create({});
  assert.is(wordsOf(world.send('KEEP', { text: 'x'.repeat(523_000) }).outcome), 'applied');
  refuses(world, () => world.send('KEEP', { text: 'x'.repeat(525_000) }));
});

test('the limit is checked at registration and is part of the digest', () => {
  const digestOf = (contextMax?: number): string =>
    registerMachine('thing', machineWith(contextMax)).digest;
  assert.is(new Set([digestOf(), digestOf(1024), digestOf(8_388_608)]).size, 3);
  const problemOf = (config: object): unknown => {
    try {
      registerMachine('thing', createMachine({ id: 'm', version: '1', ...config }));
      return undefined;
    } catch (error) {
      return error instanceof PawlError ? error.message : error;
    }
  };
  for (const contextMax of [1023, 8_388_609, 2000.5, '2000', null])
    assert.match(String(problemOf({ meta: { pawl: { contextMax } } })), /m meta\.pawl: contextMax/);
  assert.match(String(problemOf({ meta: { pawl: { sizeMax: 1 } } })), /no "sizeMax"/);
  assert.match(String(problemOf({ meta: { pawl: 7 } })), /must be an object/);
  const states = { a: { meta: { pawl: { contextMax: 2000 } } } };
  assert.match(String(problemOf({ initial: 'a', states })), /root/);
  assert.is(problemOf({ meta: { note: 'mine' } }), undefined);
});

test.run();

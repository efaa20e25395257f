// A step from memory and the same step from the decoded state never differ.
import { command } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, fromTransition, sendTo, setup, stopChild } from 'xstate';
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { present, wordsOf, World } from './fold-world.ts';

const work = command({ name: 'work', service: 's', input: z.unknown(), output: z.unknown() });

/** What `World` folds twice: from memory, and from the decoded state. */
const seen = (world: World, event: string = 'LOOK'): unknown => {
  assert.is(wordsOf(world.send(event).outcome), 'applied');
  return world.context['seen'];
};

interface Seen {
  readonly seen: unknown;
  readonly ref?: AnyActorRef;
}
type Event = { type: 'LOOK' | 'MAKE' | 'END' | 'PING' };

/** The snapshot of a child, as actions and guards may read it. */
const snapshotOf = (self: unknown, id: string): object => {
  const { children } = (self as AnyActorRef).getSnapshot() as {
    readonly children: Readonly<Record<string, AnyActorRef>>;
  };
  return present(children[id]).getSnapshot() as object;
};

/** What an action can read of a snapshot: its keys, too. */
const readable = (snapshot: object): unknown => {
  const { status, input, output, error } = snapshot as Record<string, unknown>;
  const { name, code, message } = (error ?? {}) as Record<string, unknown>;
  return {
    keys: Object.keys(snapshot),
    input: input ?? null,
    outputKeys: Object.keys((output as object | undefined) ?? {}),
    status,
    error: [String(name), String(code), String(message), error instanceof Error, String(error)],
  };
};

const test = suite('memory and snapshot');

test('the snapshot of a running command has no input, in a guard, an action and onSnapshot', () => {
  const world = new World(
    setup({ types: { context: {} as Seen, events: {} as Event }, actors: { work } }).createMachine({
      id: 'thing',
      version: '1',
      context: { seen: null },
      invoke: {
        id: 'k',
        src: 'work',
        input: { a: 1 },
        onSnapshot: {
          actions: assign({ seen: ({ event }) => readable(event.snapshot) }),
        },
      },
      on: {
        LOOK: {
          actions: assign({
            seen: ({ self }) => readable(snapshotOf(self, 'k')),
          }),
        },
        PING: { actions: sendTo('k', { type: 'NOISE' }) },
      },
    }),
  );
  world.create();
  const asRead = {
    keys: ['status', 'output', 'error', 'input'],
    input: null,
    outputKeys: [],
    status: 'active',
    error: ['undefined', 'undefined', 'undefined', false, 'undefined'],
  };
  assert.equal(seen(world), asRead);
  assert.equal(seen(world, 'PING'), asRead);
});

/** A machine with a child under `k` that looks at its snapshot after it has ended. */
const looking = (kid: AnyStateMachine): World => {
  const world = new World(
    setup({ types: { context: {} as Seen, events: {} as Event }, actors: { kid } }).createMachine({
      id: 'thing',
      version: '1',
      context: { seen: null },
      invoke: { id: 'k', src: 'kid', onError: {}, onDone: {} },
      on: {
        MAKE: { actions: sendTo('k', { type: 'END' }) },
        LOOK: {
          actions: assign({
            seen: ({ self }) => readable(snapshotOf(self, 'k')),
          }),
        },
      },
    }),
  );
  world.create();
  world.send('MAKE');
  return world;
};

test('the error of an ended child machine is the same data', () => {
  const kid = setup({ types: { events: {} as Event } }).createMachine({
    id: 'kid',
    on: {
      END: {
        actions: assign(() => {
          throw new TypeError('planted');
        }),
      },
    },
  });
  const { error } = seen(looking(kid)) as { readonly error: unknown };
  assert.equal(error, ['undefined', 'step-failed', 'planted', false, '[object Object]']);
});

test('so is the error of a command that a child machine does not handle', () => {
  const kid = setup({ actors: { work } }).createMachine({
    id: 'kid',
    invoke: { id: 'w', src: 'work' },
  });
  const world = looking(kid);
  world.failed('k/w', { code: 'no-room', message: 'full', retryable: false });
  const { error } = seen(world) as { readonly error: unknown };
  assert.equal(error, ['undefined', 'no-room', 'full', false, '[object Object]']);
});

test('the output of an ended child machine has no fields that are undefined', () => {
  const kid = setup({ types: { events: {} as Event } }).createMachine({
    id: 'kid',
    initial: 'on',
    output: { a: 1, b: undefined },
    states: { on: { on: { END: 'off' } }, off: { type: 'final' } },
  });
  const { outputKeys } = seen(looking(kid)) as { readonly outputKeys: unknown };
  assert.equal(outputKeys, ['a']);
});

test('the output of an ended child is data: no array has more than its items', () => {
  const kid = setup({ types: { events: {} as Event } }).createMachine({
    id: 'kid',
    initial: 'on',
    output: () => 'abc'.match(/b/),
    states: { on: { on: { END: 'off' } }, off: { type: 'final' } },
  });
  const { outputKeys } = seen(looking(kid)) as { readonly outputKeys: unknown };
  assert.equal(outputKeys, ['0']);
});

test('onError of a child machine may keep event.error, as that of a command', () => {
  const fails = setup({
    types: { events: {} as Event },
  }).createMachine({
    id: 'fails',
    entry: assign(() => {
      throw new RangeError('planted');
    }),
  });
  const counts = fromTransition((): number => {
    throw new Error('cannot count');
  }, 0);
  for (const [src, message, text] of [
    ['fails', 'planted', 'RangeError: planted'],
    ['counts', 'cannot count', 'Error: cannot count'],
  ] as const) {
    const world = new World(
      setup({
        types: { context: {} as { e: unknown; text?: string }, events: {} as Event },
        actors: { fails, counts },
      }).createMachine({
        id: 'thing',
        version: '1',
        context: { e: null },
        initial: 'on',
        states: {
          on: {
            invoke: {
              id: 'k',
              src,
              onError: {
                target: 'off',
                actions: assign({
                  e: ({ event }) => event.error,
                  text: ({ event }) => String(event.error),
                }),
              },
            },
            on: { PING: { actions: sendTo('k', { type: 'PING' }) } },
          },
          off: {},
        },
      }),
    );
    world.create();
    if (world.value === 'on') world.send('PING');
    assert.is(world.value, 'off');
    assert.equal(world.context, { e: { code: 'step-failed', message }, text });
  }
});

test('a reference to an actor that has ended says the same of it', () => {
  const kid = setup({}).createMachine({ id: 'kid' });
  const world = new World(
    setup({
      types: { context: {} as Seen, events: {} as Event },
      actors: { kid },
    }).createMachine({
      id: 'thing',
      version: '1',
      context: { seen: null },
      on: {
        LOOK: {
          actions: assign({
            seen: ({ context }) =>
              (present(context.ref).getSnapshot() as { status: string }).status,
          }),
        },
        MAKE: { actions: assign({ ref: ({ spawn }) => spawn('kid', { id: 'k' }) as AnyActorRef }) },
        END: { actions: stopChild('k') },
        PING: { actions: stopChild(({ context }) => context.ref as AnyActorRef) },
      },
    }),
  );
  world.create();
  world.send('MAKE');
  assert.is(seen(world), 'active');
  world.send('END');
  assert.is(seen(world), 'stopped');
  assert.is(seen(world), 'stopped');
  assert.is(wordsOf(world.send('PING').outcome), 'applied', 'stopping it again does nothing');
  assert.is(seen(world), 'stopped');
});

test('a transition function may hold a reference, and its snapshot has the same keys', () => {
  const holder = fromTransition(
    (state: Seen, event: { type: string }, { self }) =>
      event.type === 'END'
        ? { seen: null, ref: self as AnyActorRef }
        : { ...state, seen: state.ref === self },
    { seen: null },
  );
  const world = new World(
    setup({
      types: { context: {} as Seen, events: {} as Event },
      actors: { holder },
    }).createMachine({
      id: 'thing',
      version: '1',
      context: { seen: null },
      invoke: { id: 'k', src: 'holder' },
      on: {
        MAKE: { actions: sendTo('k', { type: 'END' }) },
        PING: { actions: sendTo('k', { type: 'PING' }) },
        LOOK: {
          actions: assign({
            seen: ({ self }) => {
              const snapshot = snapshotOf(self, 'k') as { readonly context: Seen };
              return [Object.keys(snapshot), snapshot.context.seen];
            },
          }),
        },
      },
    }),
  );
  world.create();
  for (const event of ['MAKE', 'PING']) world.send(event);
  assert.equal(seen(world), [['status', 'output', 'error', 'context'], true]);
});

test('system ids name the same actors', () => {
  const brief = setup({ actors: { work } }).createMachine({
    id: 'brief',
    invoke: { id: 'w', src: 'work', systemId: 'worker' },
    initial: 'off',
    states: { off: { type: 'final' } },
  });
  const world = new World(
    setup({ types: { context: {} as Seen, events: {} as Event }, actors: { brief } }).createMachine(
      {
        id: 'thing',
        version: '1',
        context: { seen: null },
        invoke: { id: 'k', src: 'brief', onDone: {} },
        on: {
          LOOK: { actions: assign({ seen: ({ system }) => system.get('worker') !== undefined }) },
        },
      },
    ),
  );
  world.create();
  assert.is(seen(world), false);
});

test.run();

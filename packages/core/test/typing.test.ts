// Wrong uses that must not compile: the type check fails when one of them does.
import {
  command,
  commandError,
  onQueue,
  permit,
  registerMachine,
  remote,
  schemasOf,
  type PermitGranted,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const work = command({
  name: 'work',
  service: 'works',
  input: z.object({ size: z.number() }),
  output: z.object({ id: z.string() }),
});

const { types, schemas } = schemasOf({
  input: z.object({ name: z.string() }),
  context: z.object({ name: z.string(), id: z.string().optional() }),
  events: { GROW: z.object({ by: z.number() }), END: z.object({}) },
});

const base = setup({ types, schemas, actors: { work } });

/** Each use is right but for the line that is marked. */
const wrongUses = {
  // @ts-expect-error a command needs an output schema
  withoutOutput: () => command({ name: 'a', service: 'b', input: z.object({}) }),

  // @ts-expect-error there are three queue classes, and this is none
  wrongClass: () => onQueue(work, 'urgent'),

  wrongInput: () =>
    base.createMachine({
      context: ({ input }) => ({ name: input.name }),
      // @ts-expect-error the command needs a size
      invoke: { id: 'w', src: 'work', input: { length: 1 } },
    }),

  wrongOutput: () =>
    base.createMachine({
      context: ({ input }) => ({ name: input.name }),
      invoke: {
        id: 'w',
        src: 'work',
        input: { size: 1 },
        // @ts-expect-error the output has an id, not a name
        onDone: { actions: assign({ id: ({ event }) => String(event.output.name) }) },
      },
    }),

  wrongActor: () =>
    base.createMachine({
      context: ({ input }) => ({ name: input.name }),
      // @ts-expect-error nobody has put this actor into setup()
      invoke: { id: 'w', src: 'play', input: { size: 1 } },
    }),

  wrongEvent: () =>
    base.createMachine({
      context: ({ input }) => ({ name: input.name }),
      // @ts-expect-error there is no such event
      on: { SHRINK: {} },
    }),

  wrongField: () =>
    base.createMachine({
      context: ({ input }) => ({ name: input.name }),
      // @ts-expect-error the event has a number `by`, no `to`
      on: { GROW: { actions: assign({ name: ({ event }) => String(event.to) }) } },
    }),

  wrongCreateInput: () =>
    // @ts-expect-error the create input has a name, no title
    base.createMachine({ context: ({ input }) => ({ name: String(input.title) }) }),

  wrongContext: () =>
    // @ts-expect-error the name is text
    base.createMachine({ context: { name: 7 } }),

  wrongRemoteInput: () => {
    const machine = base.createMachine({ context: ({ input }) => ({ name: input.name }) });
    const child = remote<typeof machine>('child');
    return setup({ actors: { child } }).createMachine({
      // @ts-expect-error the create input of the child has a name
      invoke: { id: 'c', src: 'child', input: { id: 'c-1', input: { title: 'x' } } },
    });
  },

  // @ts-expect-error a permit needs to know how many there are
  withoutMax: () => permit('cloud/a', {}),

  // @ts-expect-error a number of places, not text
  wrongMax: () => permit('cloud/a', { max: '4' }),

  wrongScopeInput: () =>
    // @ts-expect-error the input has settings, no region
    permit((input: { readonly settings: string }) => `cloud/${input.region}`, { max: 1 }),

  wrongPermitInput: () =>
    setup({
      actors: {
        slot: permit((input: { readonly settings: string }) => input.settings, { max: 1 }),
      },
      // @ts-expect-error the permit needs settings
    }).createMachine({ invoke: { id: 'slot', src: 'slot', input: { region: 'x' } } }),

  wrongGrant: () =>
    setup({
      types: { events: {} as PermitGranted<'slot'> },
      actors: { slot: permit('cloud/a', { max: 1 }) },
    }).createMachine({
      invoke: { id: 'slot', src: 'slot' },
      // @ts-expect-error the permit is invoked as slot
      on: { 'pawl.granted.place': {} },
    }),

  wrongScopesOfGrant: (event: PermitGranted<'slot'>): unknown =>
    // @ts-expect-error it has several scopes
    event.scope,

  wrongErrorField: (event: { readonly type: string; readonly error: unknown }): unknown =>
    // @ts-expect-error it has code, message, attempt and retryable
    commandError(event).reason,
};

const test = suite('typing');

test('what the types forbid is refused at registration, too', () => {
  assert.throws(() => registerMachine('thing', wrongUses.wrongActor()), /"play"/);
  assert.throws(() => registerMachine('thing', wrongUses.wrongEvent()), /SHRINK/);
});

test.run();

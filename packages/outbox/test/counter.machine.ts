// An actor that counts what it is sent, and refuses while it rests.
import { schemasOf } from '@pawl/core';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const { types, schemas } = schemasOf({
  input: z.object({ label: z.string().optional() }),
  context: z.object({ label: z.string().nullable(), count: z.number(), sum: z.number() }),
  events: {
    ADD: z.object({ n: z.number() }),
    REST: z.object({}),
    WAKE: z.object({}),
    END: z.object({}),
  },
});

/** Counts; does not while it rests; ends. */
export const counter = setup({ types, schemas }).createMachine({
  id: 'counter',
  version: '1',
  initial: 'counting',
  context: ({ input }) => ({ label: input.label ?? null, count: 0, sum: 0 }),
  states: {
    counting: {
      on: {
        ADD: {
          actions: assign({
            count: ({ context }) => context.count + 1,
            sum: ({ context, event }) => context.sum + event.n,
          }),
        },
        REST: 'resting',
        END: 'ended',
      },
    },
    resting: { tags: ['quiet'], on: { WAKE: 'counting' } },
    ended: { type: 'final' },
  },
});

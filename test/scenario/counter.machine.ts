// A counter: the smallest machine with events, a schema, a guard and an end.
import { schemasOf } from 'pawl';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const { types, schemas } = schemasOf({
  input: z.object({ start: z.number() }),
  context: z.object({ count: z.number() }),
  events: { ADD: z.object({ by: z.number() }), OPEN: z.object({}), END: z.object({}) },
});

/** Counts until it ends. `OPEN` is a known event that no state takes while it counts. */
export const counter = setup({ types, schemas }).createMachine({
  id: 'counter',
  version: '1',
  initial: 'counting',
  context: ({ input }) => ({ count: input.start }),
  states: {
    counting: {
      on: {
        ADD: { actions: assign({ count: ({ context, event }) => context.count + event.by }) },
        END: 'ended',
      },
    },
    closed: { on: { OPEN: 'counting' } },
    ended: { type: 'final' },
  },
});

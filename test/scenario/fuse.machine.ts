// A machine whose guard ends its process, or never comes back: what no host survives.
import { schemasOf } from 'pawl';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const { types, schemas } = schemasOf({
  input: z.object({}),
  context: z.object({ ticks: z.number() }),
  events: { TICK: z.object({}), BURN: z.object({ how: z.enum(['exit', 'loop']) }) },
});

/** Counts ticks, until it burns. */
export const fuse = setup({
  types,
  schemas,
  guards: {
    burns: (_, { how }: { how: 'exit' | 'loop' }) => {
      if (how === 'exit') process.exit(1);
      for (;;);
    },
  },
}).createMachine({
  id: 'fuse',
  version: '1',
  context: { ticks: 0 },
  on: {
    TICK: { actions: assign({ ticks: ({ context }) => context.ticks + 1 }) },
    BURN: { guard: { type: 'burns', params: ({ event }) => ({ how: event.how }) } },
  },
});

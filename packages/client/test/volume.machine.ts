// The machine that the client's tests send events to.
import { schemasOf } from '@pawl/core';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const { types, schemas } = schemasOf({
  input: z.object({ sizeGiB: z.number() }),
  context: z.object({ sizeGiB: z.number() }),
  events: {
    CREATED: z.object({}),
    EXTEND: z.object({ sizeGiB: z.number() }),
    DELETE: z.object({}),
    BREAK: z.object({}),
  },
});

/** creating → ok → gone; `EXTEND` changes the size, `BREAK` is what the scripted host faults on. */
export const volume = setup({ types, schemas }).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({ sizeGiB: input.sizeGiB }),
  states: {
    creating: { tags: 'busy', on: { CREATED: 'ok' } },
    ok: {
      on: {
        EXTEND: { actions: assign({ sizeGiB: ({ event }) => event.sizeGiB }) },
        DELETE: 'gone',
        BREAK: {},
      },
    },
    gone: { type: 'final' },
  },
  output: ({ context }) => ({ freedGiB: context.sizeGiB }),
});

// The volume of the README: what the tests of testActor act with.
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { command, commandError, schemasOf } from '@pawl/core';

/** Creates a volume at the backend. */
export const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string(), sizeGiB: z.number() }),
  output: z.object({ backendId: z.string() }),
});

/** Asks until the volume is there. */
export const awaitVolume = command({
  name: 'await-volume',
  service: 'storage',
  input: z.object({ backendId: z.string() }),
  output: z.object({ ready: z.boolean() }),
  poll: { everyMs: 20_000 },
  deadlineMs: 600_000,
});

const { types, schemas } = schemasOf({
  input: z.object({ name: z.string(), sizeGiB: z.number() }),
  context: z.object({
    name: z.string(),
    sizeGiB: z.number(),
    backendId: z.string().optional(),
    error: z.string().optional(),
  }),
  events: { DELETE: z.object({}), RETRY: z.object({}), EXTEND: z.object({ sizeGiB: z.number() }) },
});

/** A volume: created, waited for, extended, deleted. */
export const volume = setup({
  types: { ...types, output: {} as { backendId: string | undefined } },
  schemas,
  actors: { createVolume, awaitVolume },
}).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({ ...input }),
  output: ({ context }) => ({ backendId: context.backendId }),
  states: {
    creating: {
      tags: 'busy',
      invoke: {
        id: 'create',
        src: 'createVolume',
        input: ({ context }) => context,
        onDone: {
          target: 'awaiting',
          actions: assign({ backendId: ({ event }) => event.output.backendId }),
        },
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => commandError(event).code }),
        },
      },
      after: { 7_200_000: 'erred' },
    },
    awaiting: {
      tags: 'busy',
      invoke: {
        id: 'wait',
        src: 'awaitVolume',
        input: ({ context }) => ({ backendId: context.backendId ?? '' }),
        onDone: 'ok',
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => commandError(event).code }),
        },
      },
      on: { DELETE: 'gone' },
    },
    ok: {
      on: {
        DELETE: 'gone',
        EXTEND: { actions: assign({ sizeGiB: ({ event }) => event.sizeGiB }) },
      },
    },
    erred: { on: { RETRY: 'creating', DELETE: 'gone' } },
    gone: { type: 'final' },
  },
});

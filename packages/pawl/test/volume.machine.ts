// The machine and tasks that the tests of the command line work with; also read by `pawl dev`.
import { command, schemasOf, task } from 'pawl';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string(), sizeGiB: z.number() }),
  output: z.object({ backendId: z.string() }),
});

const add = command({
  name: 'add',
  service: 'storage',
  job: true,
  input: z.object({ x: z.number(), y: z.number() }),
  output: z.object({ sum: z.number() }),
});

const { types, schemas } = schemasOf({
  input: z.object({ name: z.string(), sizeGiB: z.number().min(1) }),
  context: z.object({ name: z.string(), sizeGiB: z.number(), backendId: z.string().optional() }),
  events: { EXTEND: z.object({ sizeGiB: z.number() }), DELETE: z.object({}) },
});

/** A volume: created by a command, extended at once, deleted. */
export const volume = setup({ types, schemas, actors: { createVolume } }).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({ ...input }),
  states: {
    creating: {
      invoke: {
        id: 'create',
        src: 'createVolume',
        input: ({ context }) => context,
        onDone: {
          target: 'ok',
          actions: assign({ backendId: ({ event }) => event.output.backendId }),
        },
        onError: 'erred',
      },
      after: { 600_000: 'erred' },
    },
    ok: {
      tags: 'settled',
      on: {
        EXTEND: { actions: assign({ sizeGiB: ({ event }) => event.sizeGiB }) },
        DELETE: 'gone',
      },
    },
    erred: { tags: 'settled', on: { DELETE: 'gone' } },
    gone: { type: 'final' },
  },
});

/** What a worker needs for it. */
export const tasks = [
  task(createVolume, (input) => ({ backendId: `backend-${input.name}` })),
  task(add, ({ x, y }) => ({ sum: x + y })),
];

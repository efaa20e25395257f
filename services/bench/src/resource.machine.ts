// The measured statechart: a resource that three commands provision, one after the other.
import { assign, setup } from 'xstate';
import { command, schemasOf } from 'pawl';
import { z } from 'zod';
import { SERVICE } from './subject-names.ts';

/** The command that each of the three steps runs. */
export const provisionStep = command({
  name: 'provision-step',
  service: SERVICE,
  input: z.object({ name: z.string(), step: z.number() }),
  output: z.object({ backendId: z.string() }),
});

const { types, schemas } = schemasOf({
  input: z.object({ name: z.string(), sizeGiB: z.number() }),
  context: z.object({
    name: z.string(),
    sizeGiB: z.number(),
    backendIds: z.array(z.string()),
    error: z.string().optional(),
  }),
  events: { DELETE: z.object({}) },
});

/** One resource. */
export const resource = setup({ types, schemas, actors: { provisionStep } }).createMachine({
  id: 'resource',
  version: '1',
  initial: 'network',
  context: ({ input }) => ({ ...input, backendIds: [] }),
  states: {
    network: {
      invoke: {
        id: 'provision',
        src: 'provisionStep',
        input: ({ context: { name } }) => ({ name, step: 1 }),
        onDone: {
          target: 'volume',
          actions: assign({
            backendIds: ({ context, event }) => [...context.backendIds, event.output.backendId],
          }),
        },
        onError: 'erred',
      },
    },
    volume: {
      invoke: {
        id: 'provision',
        src: 'provisionStep',
        input: ({ context: { name } }) => ({ name, step: 2 }),
        onDone: {
          target: 'server',
          actions: assign({
            backendIds: ({ context, event }) => [...context.backendIds, event.output.backendId],
          }),
        },
        onError: 'erred',
      },
    },
    server: {
      invoke: {
        id: 'provision',
        src: 'provisionStep',
        input: ({ context: { name } }) => ({ name, step: 3 }),
        onDone: {
          target: 'ok',
          actions: assign({
            backendIds: ({ context, event }) => [...context.backendIds, event.output.backendId],
          }),
        },
        onError: 'erred',
      },
    },
    ok: { on: { DELETE: 'gone' } },
    erred: { on: { DELETE: 'gone' } },
    gone: { type: 'final' },
  },
});

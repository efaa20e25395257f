// A small actor that counts: cheap enough for thousands of entries, in two versions.
import { command, commandError, schemasOf } from 'pawl';
import { assign, setup } from 'xstate';
import { z } from 'zod';

/** How the task of a counter goes: at once, slowly, or with the end of its process. */
const how = z.enum(['plain', 'slow', 'exit']);

/** Does some work for a counter. */
export const work = command({
  name: 'work',
  service: 'counting',
  input: z.object({ id: z.string(), how }),
  output: z.object({ amount: z.number() }),
  retry: { attemptsMax: 2, backoffMs: 250 },
  timeoutMs: 20_000,
  deadlineMs: 300_000,
});

const shapes = {
  input: z.object({ id: z.string() }),
  context: z.object({
    id: z.string(),
    total: z.number(),
    /** How many results of its task it has taken. */
    results: z.number(),
    how: how.optional(),
    error: z.string().optional(),
    /** What only version 2 writes. */
    steps: z.array(z.number()).optional(),
  }),
  events: { ADD: z.object({ amount: z.number() }), WORK: z.object({ how }) },
};

const { types, schemas } = schemasOf(shapes);
const base = setup({ types, schemas, actors: { work } });

const working = base.createStateConfig({
  invoke: {
    id: 'work',
    src: 'work',
    input: ({ context }) => ({ id: context.id, how: context.how ?? 'plain' }),
    onDone: {
      target: 'idle',
      actions: assign(({ context, event }) => ({
        total: context.total + event.output.amount,
        results: context.results + 1,
      })),
    },
    onError: {
      target: 'erred',
      actions: assign({ error: ({ event }) => commandError(event).code }),
    },
  },
});

/** Counts. */
export const counterMachine = base.createMachine({
  id: 'counter',
  version: '1',
  initial: 'idle',
  context: ({ input }) => ({ id: input.id, total: 0, results: 0 }),
  on: { ADD: { actions: assign({ total: ({ context, event }) => context.total + event.amount }) } },
  states: {
    idle: {
      on: { WORK: { target: 'working', actions: assign({ how: ({ event }) => event.how }) } },
    },
    working,
    erred: { tags: 'settled' },
  },
});

/** Counts, and keeps each step: an entry that version 1 folded would be missing there. */
export const counterMachineTwo = base.createMachine({
  id: 'counter',
  version: '2',
  initial: 'idle',
  context: ({ input }) => ({ id: input.id, total: 0, results: 0, steps: [] }),
  on: {
    ADD: {
      actions: assign({
        total: ({ context, event }) => context.total + event.amount,
        steps: ({ context, event }) => [...(context.steps ?? []), event.amount].slice(-1_000),
      }),
    },
  },
  states: {
    idle: {
      on: { WORK: { target: 'working', actions: assign({ how: ({ event }) => event.how }) } },
    },
    working,
    erred: { tags: 'settled' },
  },
});

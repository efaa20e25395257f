// Machines of the end-to-end scenarios: together they use every kind of effect.
import { actorAddress, command, commandError, remote, schemasOf } from 'pawl';
import { assign, emit, raise, sendTo, setup } from 'xstate';
import { z } from 'zod';

/** Makes a part; the task decides how often it fails first. */
export const makePart = command({
  name: 'make-part',
  service: 'factory',
  input: z.object({ part: z.string() }),
  output: z.object({ serial: z.string() }),
  retry: { attemptsMax: 3, backoffMs: 250 },
});

/** Is asked again until it is done. */
export const dryPaint = command({
  name: 'dry-paint',
  service: 'factory',
  queue: 'background',
  input: z.object({ part: z.string() }),
  output: z.object({ minutes: z.number() }),
  poll: { everyMs: 20 },
  deadlineMs: 60_000,
});

const part = schemasOf({
  input: z.object({ part: z.string(), owner: z.string().optional() }),
  context: z.object({
    part: z.string(),
    owner: z.string().optional(),
    serial: z.string().optional(),
    error: z.string().optional(),
  }),
  events: { SCRAP: z.object({}), 'pawl.stop': z.object({}) },
});

/** One part: made by a command, painted by another, scrapped on request or by its parent. */
export const partMachine = setup({
  types: part.types,
  schemas: part.schemas,
  actors: { makePart, dryPaint },
}).createMachine({
  id: 'part',
  version: '1',
  initial: 'making',
  context: ({ input }) => ({ ...input }),
  on: { 'pawl.stop': '.scrapped' },
  states: {
    making: {
      invoke: {
        id: 'make',
        src: 'makePart',
        input: ({ context }) => ({ part: context.part }),
        onDone: {
          target: 'drying',
          actions: assign({ serial: ({ event }) => event.output.serial }),
        },
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => commandError(event).message }),
        },
      },
      after: { 60_000: 'erred' },
    },
    drying: {
      invoke: {
        id: 'dry',
        src: 'dryPaint',
        input: ({ context }) => ({ part: context.part }),
        onDone: 'ok',
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => commandError(event).message }),
        },
      },
    },
    ok: {
      tags: ['settled'],
      entry: [
        emit(({ context }) => ({ type: 'part.ready', part: context.part })),
        sendTo(
          ({ context }) => actorAddress('product', context.owner ?? 'nobody'),
          ({ context }) => ({ type: 'PART_READY', part: context.part }),
        ),
      ],
      on: { SCRAP: 'scrapped' },
    },
    erred: { tags: ['settled'], on: { SCRAP: 'scrapped' } },
    scrapped: { type: 'final' },
  },
});

const product = schemasOf({
  input: z.object({ id: z.string() }),
  context: z.object({ id: z.string(), ready: z.array(z.string()) }),
  events: { PART_READY: z.object({ part: z.string() }), SHINE: z.object({}), SELL: z.object({}) },
});

/** A product: two parts as remote actors in parallel, a delayed event, and a nested region. */
export const productMachine = setup({
  types: product.types,
  schemas: product.schemas,
  actors: { part: remote<typeof partMachine>('part') },
}).createMachine({
  id: 'product',
  version: '1',
  initial: 'assembling',
  context: ({ input }) => ({ id: input.id, ready: [] }),
  states: {
    assembling: {
      invoke: [
        {
          id: 'wheel',
          src: 'part',
          input: ({ context }) => ({
            id: `${context.id}-wheel`,
            input: { part: 'wheel', owner: context.id },
          }),
        },
        {
          id: 'frame',
          src: 'part',
          input: ({ context }) => ({
            id: `${context.id}-frame`,
            input: { part: 'frame', owner: context.id },
          }),
        },
      ],
      on: {
        PART_READY: {
          actions: [
            assign({ ready: ({ context, event }) => [...context.ready, event.part].toSorted() }),
          ],
        },
        SELL: 'sold',
      },
      type: 'parallel',
      states: {
        parts: {
          initial: 'waiting',
          states: {
            waiting: {
              always: { guard: ({ context }) => context.ready.length === 2, target: 'all' },
            },
            all: { tags: ['settled'] },
          },
        },
        polish: {
          initial: 'rough',
          states: {
            rough: { entry: raise({ type: 'SHINE' }, { delay: 300 }), on: { SHINE: 'smooth' } },
            smooth: {},
          },
        },
      },
    },
    sold: { type: 'final' },
  },
  output: ({ context }) => ({ parts: context.ready.length }),
});

// A machine with one command, for tests of commands in the fold.
import { command } from '@pawl/core';
import { assign, setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { World } from './fold-world.ts';

/** The command. */
export const makeDisk = command({
  name: 'make-disk',
  service: 'storage',
  queue: 'heavy',
  input: z.object({ size: z.number() }),
  output: z.object({ id: z.string() }),
  retry: { attemptsMax: 3, backoffMs: 1000, factor: 2 },
  deadlineMs: 600_000,
});

/** The machine; it may handle a late success, and have another form of the command. */
export const createDiskMachine = (
  handlesLate: boolean,
  actor: typeof makeDisk = makeDisk,
): AnyStateMachine =>
  setup({
    types: {
      context: {} as { size: number; id?: string; error?: unknown; late?: unknown },
      input: {} as { size: unknown },
    },
    actors: { makeDisk: actor },
  }).createMachine({
    id: 'disk',
    version: '1',
    context: ({ input }) => ({
      size: ((input as { size?: unknown } | undefined)?.size ?? 1) as number,
    }),
    initial: 'making',
    on: handlesLate
      ? {
          'pawl.late.makeDisk': {
            actions: assign({ late: ({ event }) => (event as { output?: unknown }).output }),
          },
        }
      : {},
    states: {
      making: {
        invoke: {
          id: 'make',
          src: 'makeDisk',
          input: ({ context }) => ({ size: context.size }),
          onDone: { target: 'ok', actions: assign({ id: ({ event }) => event.output.id }) },
          onError: {
            target: 'erred',
            actions: assign({
              error: ({ event }) => ({ text: String(event.error), data: event.error }),
            }),
          },
        },
        on: { STOP: 'idle' },
      },
      idle: { on: { AGAIN: 'making' } },
      ok: {},
      erred: { on: { AGAIN: 'making' } },
    },
  });

/** A world in which it has been created. */
export const bornDisk = (handlesLate: boolean = false): World => {
  const world = new World(createDiskMachine(handlesLate));
  world.create();
  return world;
};

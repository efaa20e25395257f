// Machines of the host's tests: one with every kind of effect, one that counts what it is sent.
import { actorAddress, command, commandError, remote, schemasOf } from '@pawl/core';
import { assign, emit, sendTo, setup } from 'xstate';
import { z } from 'zod';

/** The one command of the tests. */
export const brew = command({
  name: 'brew',
  service: 'kitchen',
  input: z.object({}),
  output: z.object({ cups: z.number() }),
  deadlineMs: 600_000,
});

const ledger = schemasOf({
  input: z.unknown(),
  context: z.object({ sum: z.number(), heard: z.number() }),
  events: { ADD: z.object({ by: z.number(), fill: z.string().optional() }) },
});

/** Adds up what it is sent: a doubled or lost event shows in its sum. */
export const ledgerMachine = setup({
  types: ledger.types,
  schemas: ledger.schemas,
}).createMachine({
  id: 'ledger',
  version: '1',
  context: { sum: 0, heard: 0 },
  on: {
    ADD: {
      actions: assign({
        sum: ({ context, event }) => context.sum + event.by,
        heard: ({ context }) => context.heard + 1,
      }),
    },
  },
});

const order = schemasOf({
  input: z.object({ ledger: z.string() }),
  context: z.object({ ledger: z.string(), cups: z.number(), pings: z.number() }),
  events: {
    PING: z.object({}),
    BIG: z.object({}),
    NOTE: z.object({ by: z.number() }),
    NEXT: z.object({}),
    WAIT: z.object({}),
    END: z.object({}),
  },
});

/** Effects of all kinds in one step: PING has a peer event, an emit, a command and a timer. */
export const orderMachineOf = (version: string) =>
  setup({
    types: order.types,
    schemas: order.schemas,
    actors: { brew },
  }).createMachine({
    id: 'order',
    version,
    initial: 'idle',
    context: ({ input }) => ({ ledger: input.ledger, cups: 0, pings: 0 }),
    on: {
      NOTE: {
        actions: sendTo(
          ({ context }) => actorAddress('ledger', context.ledger),
          ({ event }) => ({ type: 'ADD', by: event.by }),
        ),
      },
      BIG: {
        actions: sendTo(
          ({ context }) => actorAddress('ledger', context.ledger),
          () => ({ type: 'ADD', by: 1000, fill: 'x'.repeat(1_100_000) }),
        ),
      },
      END: '.ended',
    },
    states: {
      idle: { on: { PING: 'brewing', WAIT: 'waiting' } },
      brewing: {
        entry: [
          assign({ pings: ({ context }) => context.pings + 1 }),
          sendTo(
            ({ context }) => actorAddress('ledger', context.ledger),
            () => ({ type: 'ADD', by: 1 }),
          ),
          emit(({ context }) => ({ type: 'order.pinged', pings: context.pings })),
        ],
        invoke: {
          id: 'brew',
          src: 'brew',
          input: {},
          onDone: {
            target: 'idle',
            actions: assign({ cups: ({ context, event }) => context.cups + event.output.cups }),
          },
          onError: 'erred',
        },
        after: { 3_600_000: 'erred' },
        on: { PING: { target: 'brewing', reenter: true } },
      },
      waiting: { after: { 5_000: 'idle' } },
      erred: {},
      ended: { type: 'final' },
    },
  });

/** The order, version 1. */
export const orderMachine = orderMachineOf('1');

const parent = schemasOf({
  input: z.object({ child: z.string() }),
  context: z.object({ child: z.string(), error: z.unknown() }),
  events: { LEAVE: z.object({}) },
});

/** Has one order made, and knows how it ended. */
export const parentMachine = setup({
  types: parent.types,
  schemas: parent.schemas,
  actors: { order: remote<ReturnType<typeof orderMachineOf>>('order') },
}).createMachine({
  id: 'parent',
  version: '1',
  initial: 'waiting',
  context: ({ input }) => ({ child: input.child, error: null }),
  states: {
    waiting: {
      on: { LEAVE: 'refused' },
      invoke: {
        id: 'order',
        src: 'order',
        input: ({ context }) => ({ id: context.child, input: { ledger: 'total' } }),
        onDone: 'served',
        onError: {
          target: 'refused',
          actions: assign({ error: ({ event }) => commandError(event).code }),
        },
      },
    },
    served: {},
    refused: {},
  },
});

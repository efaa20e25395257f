// The actor of an order: charges the customer, and takes cancellations.
import { command, commandError, schemasOf } from 'pawl';
import { assign, setup } from 'xstate';
import { z } from 'zod';

/** Charges a customer. Any worker of the service `shop` may serve it. */
export const charge = command({
  name: 'charge',
  service: 'shop',
  input: z.object({ customer: z.string(), cents: z.number().int() }),
  output: z.object({ receipt: z.string() }),
});

const { types, schemas } = schemasOf({
  input: z.object({ customer: z.string(), cents: z.number().int() }),
  context: z.object({
    customer: z.string(),
    cents: z.number(),
    receipt: z.string().nullable(),
    error: z.string().nullable(),
  }),
  events: { CANCEL: z.object({}) },
});

/** An order. */
export const order = setup({ types, schemas, actors: { charge } }).createMachine({
  id: 'order',
  version: '1',
  initial: 'charging',
  context: ({ input }) => ({ ...input, receipt: null, error: null }),
  on: { CANCEL: '.cancelled' },
  states: {
    charging: {
      invoke: {
        id: 'charge',
        src: 'charge',
        input: ({ context: { customer, cents } }) => ({ customer, cents }),
        onDone: {
          target: 'paid',
          actions: assign({ receipt: ({ event }) => event.output.receipt }),
        },
        onError: {
          target: 'refused',
          actions: assign({ error: ({ event }) => commandError(event).message }),
        },
      },
    },
    paid: {},
    refused: {},
    cancelled: {},
  },
});

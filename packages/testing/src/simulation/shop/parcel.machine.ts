// The parcel of the simulated shop: a durable child that waits, is carried, and can be stopped.
import { actorAddress } from '@pawl/core';
import { sendTo, setup, type AnyStateMachine } from 'xstate';
import { carry, type Serial } from './commands.ts';

/** Input of a parcel. */
export interface ParcelInput extends Serial {
  readonly id: string;
  readonly counter: string;
}

/** The parcel. */
export const parcel: AnyStateMachine = setup({
  types: {
    input: {} as ParcelInput,
    context: {} as ParcelInput,
    events: {} as { readonly type: 'pawl.stop' } | { readonly type: 'HURRY' },
    output: {} as Serial,
  },
  actors: { carry },
  actions: {
    report: sendTo(
      ({ context }) => actorAddress('counter', context.counter),
      ({ context }) => ({ type: 'COUNT', from: context.id, serial: 1 }),
    ),
  },
}).createMachine({
  id: 'parcel',
  version: '1',
  context: ({ input }) => ({ ...input }),
  initial: 'packing',
  states: {
    packing: { after: { 800: 'carrying' }, on: { HURRY: 'carrying', 'pawl.stop': 'stopped' } },
    carrying: {
      invoke: {
        id: 'carry',
        src: 'carry',
        input: ({ context }) => ({ serial: context.serial }),
        onDone: 'delivered',
        onError: 'lost',
      },
      on: { 'pawl.stop': 'stopped' },
    },
    delivered: { entry: 'report', type: 'final' },
    stopped: { type: 'final' },
    lost: { type: 'final' },
  },
  output: ({ context }) => ({ serial: context.serial }),
});

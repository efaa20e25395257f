// The counter of the simulated shop: every report must arrive once and in order.
import { assign, setup, type AnyStateMachine } from 'xstate';

/** Context of a counter. */
export interface CounterContext {
  /** Last serial by sender. */
  readonly tally: Readonly<Record<string, number>>;
  readonly total: number;
  readonly flaws: readonly string[];
}

type CounterEvent =
  | { readonly type: 'COUNT'; readonly from: string; readonly serial: number }
  | { readonly type: 'ADD'; readonly amount: number };

/** The counter. */
export const counter: AnyStateMachine = setup({
  types: { context: {} as CounterContext, events: {} as CounterEvent },
}).createMachine({
  id: 'counter',
  version: '1',
  context: { tally: {}, total: 0, flaws: [] },
  initial: 'open',
  states: {
    open: {
      on: {
        COUNT: {
          actions: assign(({ context, event: { from, serial } }) => {
            const last = context.tally[from] ?? 0;
            const flaw = `report ${serial} of ${from} after ${last}`;
            return {
              tally: { ...context.tally, [from]: serial },
              flaws: serial === last + 1 ? context.flaws : [...context.flaws, flaw],
            };
          }),
        },
        ADD: { actions: assign({ total: ({ context, event }) => context.total + event.amount }) },
      },
    },
  },
});

// The lamp of the simulated harbour: one of many that a schedule tells to look after themselves.
import { assign, setup, type AnyStateMachine } from 'xstate';
import { refresh } from './commands.ts';

/** Context of a lamp. */
export interface LampContext {
  readonly pulls: number;
}

/** States in which a lamp is told. */
export const LIT: readonly string[] = ['ok', 'erred'];

/** The lamp. */
export const lamp: AnyStateMachine = setup({
  types: { context: {} as LampContext, events: {} as { readonly type: 'PULL' | 'SWITCH' } },
  actors: { refresh },
}).createMachine({
  id: 'lamp',
  version: '1',
  context: { pulls: 0 },
  initial: 'ok',
  states: {
    ok: { on: { PULL: 'pulling', SWITCH: 'off' } },
    erred: { on: { PULL: 'pulling', SWITCH: 'off' } },
    pulling: {
      entry: assign({ pulls: ({ context }) => context.pulls + 1 }),
      invoke: {
        id: 'refresh',
        src: 'refresh',
        input: { note: 'lamp' },
        onDone: 'ok',
        onError: 'erred',
      },
    },
    off: { on: { SWITCH: 'ok' } },
  },
});

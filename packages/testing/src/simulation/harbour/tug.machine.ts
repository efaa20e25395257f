// The tug of the simulated harbour: a child that takes the berth that its ship holds already.
import { permit, type PermitGranted } from '@pawl/core';
import { setup, type AnyStateMachine } from 'xstate';
import { unload } from './commands.ts';

interface TugInput {
  readonly dock: string;
  readonly max: number;
}

/** The tug. Without its ship's place it would wait for what its ship waits to give back. */
export const tug: AnyStateMachine = setup({
  types: {
    input: {} as TugInput,
    context: {} as TugInput,
    events: {} as { readonly type: 'pawl.stop' } | PermitGranted<'berth'>,
  },
  actors: {
    berth: permit((input: TugInput) => input.dock, { max: (input: TugInput) => input.max }),
    unload,
  },
}).createMachine({
  id: 'tug',
  version: '1',
  context: ({ input }) => ({ ...input }),
  initial: 'towing',
  on: { 'pawl.stop': '.gone' },
  states: {
    towing: {
      invoke: { id: 'berth', src: 'berth', input: ({ context }) => context, onError: 'gone' },
      initial: 'queued',
      states: {
        queued: { on: { 'pawl.granted.berth': 'pulling' } },
        pulling: {
          invoke: {
            id: 'pull',
            src: 'unload',
            input: ({ context }) => ({ note: context.dock }),
            onDone: '#tug.gone',
            onError: '#tug.gone',
          },
        },
      },
    },
    gone: { type: 'final' },
  },
});

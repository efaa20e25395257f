// The patrol of the simulated harbour: what a schedule creates at each tick, under a permit.
import { permit, type PermitGranted } from '@pawl/core';
import { setup, type AnyStateMachine } from 'xstate';
import { unload } from './commands.ts';
import { CRANE } from './ship.machine.ts';

/** The patrol. */
export const patrol: AnyStateMachine = setup({
  types: { events: {} as { readonly type: 'pawl.stop' } | PermitGranted<'crane'> },
  actors: { crane: permit(CRANE, { max: 2 }), unload },
}).createMachine({
  id: 'patrol',
  version: '1',
  initial: 'out',
  on: { 'pawl.stop': '.back' },
  states: {
    out: {
      invoke: { id: 'crane', src: 'crane', onError: 'back' },
      initial: 'queued',
      states: {
        queued: { on: { 'pawl.granted.crane': 'looking' } },
        looking: {
          invoke: {
            id: 'look',
            src: 'unload',
            input: { note: 'patrol' },
            onDone: '#patrol.back',
            onError: '#patrol.back',
          },
        },
      },
    },
    back: { type: 'final' },
  },
});

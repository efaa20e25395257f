// A machine that works under a permit, for tests of the fold.
import { permit, type PermitGranted } from '@pawl/core';
import { setup } from 'xstate';

/** Scope of its limit. */
export const SCOPE = 'openstack/settings-7';

/** Events of machines with a permit. */
export type Events =
  { type: 'NEXT' } | { type: 'BOOM' } | PermitGranted<'slot'> | { type: 'AGAIN' };

interface Input {
  readonly settings?: string;
  readonly max?: number;
}

const types: { context: Input; input: Input; events: Events } = {
  context: {},
  input: {},
  events: { type: 'NEXT' },
};

/** Waits for a place, works, and gives it back with NEXT. */
export const volume = setup({
  types,
  actors: {
    slot: permit((input: Input) => `openstack/${input.settings ?? 'settings-7'}`, {
      max: (input) => input.max ?? 2,
    }),
  },
}).createMachine({
  id: 'volume',
  version: '1',
  context: ({ input }) => ({ ...input }),
  initial: 'provisioning',
  states: {
    provisioning: {
      invoke: { id: 'slot', src: 'slot', input: ({ context }) => context, onError: 'erred' },
      initial: 'queued',
      states: {
        queued: { on: { 'pawl.granted.slot': 'working' } },
        working: { on: { BOOM: { target: 'working', guard: () => boom() } } },
      },
      on: { NEXT: 'ok', AGAIN: { target: 'provisioning', reenter: true } },
    },
    ok: { on: { AGAIN: 'provisioning' } },
    erred: {},
  },
});

const boom = (): boolean => {
  throw new Error('boom');
};

// What queues for a place in the bench of limits: takes it, and gives it back at once.
import { permit, type PermitGranted } from 'pawl';
import { setup } from 'xstate';

/** Scope of the limit that all of them want. */
export const TICKET_SCOPE = 'bench/tickets';

/** How many have a place at a time. */
export const PLACES = 4;

interface Wish {
  /** Keeps its place until `FREE`. */
  readonly isKeeping: boolean;
}

type TicketEvent = { readonly type: 'FREE' } | PermitGranted<'place'>;

const types: { context: Wish; input: Wish; events: TicketEvent } = {
  context: { isKeeping: false },
  input: { isKeeping: false },
  events: { type: 'FREE' },
};

/** A ticket. Its actor type is `ticket`. */
export const ticket = setup({
  types,
  actors: { place: permit(TICKET_SCOPE, { max: PLACES }) },
  guards: { isKeeping: ({ context }) => context.isKeeping },
}).createMachine({
  id: 'ticket',
  version: '1',
  context: ({ input }) => input,
  initial: 'under',
  states: {
    under: {
      invoke: { id: 'place', src: 'place' },
      initial: 'queued',
      states: {
        queued: {
          on: {
            'pawl.granted.place': [{ guard: 'isKeeping', target: 'keeping' }, '#ticket.over'],
          },
        },
        keeping: { on: { FREE: '#ticket.over' } },
      },
    },
    over: { type: 'final' },
  },
});

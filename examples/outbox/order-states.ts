// The way back: a table that follows the states of orders, for a JOIN with the service's own.
import { projection } from '@pawl/outbox';

/** Its table: the service's own, with the actor's id as primary key. */
export const ORDER_STATES = `
CREATE TABLE IF NOT EXISTS order_states (
  id text PRIMARY KEY,
  state text NOT NULL,
  receipt text,
  changed_at timestamptz NOT NULL
)`;

/** The projection. */
export const orderStates = projection({
  type: 'order',
  table: 'order_states',
  map: ({ value, context, since }) => ({
    state: value,
    receipt: context['receipt'],
    changed_at: new Date(since),
  }),
});

// A web service with a table of its own. It never speaks to the broker: it sends by its database.
import { randomUUID } from 'node:crypto';
import { createOutbox, type Sql } from '@pawl/outbox';
import Fastify, { type FastifyInstance } from 'fastify';
import type pg from 'pg';
import { order } from '../order.machine.ts';

/** The service's own table. */
export const ORDERS = `
CREATE TABLE IF NOT EXISTS orders (
  id text PRIMARY KEY,
  customer text NOT NULL,
  cents integer NOT NULL CHECK (cents > 0)
)`;

// With the machine at hand, what no order could take fails the transaction.
const outbox = createOutbox({ machines: [order] });

const sqlOf = (client: pg.ClientBase): Sql => ({
  execute: (statement, parameters) => client.query(statement, [...parameters]),
});

const inTransaction = async <Result>(
  pool: pg.Pool,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
};

interface NewOrder {
  readonly customer: string;
  readonly cents: number;
}

interface Listed extends NewOrder {
  readonly id: string;
  readonly state: string | null;
  readonly receipt: string | null;
}

/** The service's routes over a pool of connections. */
export const createService = (pool: pg.Pool): FastifyInstance => {
  const service = Fastify();

  service.post<{ Body: NewOrder }>('/orders', async ({ body: { customer, cents } }, reply) => {
    const id = randomUUID();
    await inTransaction(pool, async (client) => {
      await outbox.create(sqlOf(client), { type: 'order', id }, { customer, cents });
      // When this row is refused, nothing has been sent.
      await client.query('INSERT INTO orders VALUES ($1, $2, $3)', [id, customer, cents]);
    });
    return reply.code(201).send({ id });
  });

  service.post<{ Params: { id: string } }>('/orders/:id/cancel', async ({ params: { id } }) => {
    await inTransaction(pool, (client) =>
      outbox.send(sqlOf(client), { type: 'order', id }, { type: 'CANCEL' }),
    );
    return { id };
  });

  service.get('/orders', async () => {
    const { rows } = await pool.query<Listed>(
      `SELECT id, customer, cents, state, receipt
       FROM orders LEFT JOIN order_states USING (id) ORDER BY customer`,
    );
    return rows;
  });

  return service;
};

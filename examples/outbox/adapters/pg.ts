// The outbox on `pg`: give it the client that has begun the transaction.
import type { Sql } from '@pawl/outbox';
import type { ClientBase } from 'pg';

/** `await outbox.send(onPg(client), actor, event)` */
export const onPg = (client: ClientBase): Sql => ({
  execute: (statement, parameters) => client.query(statement, [...parameters]),
});

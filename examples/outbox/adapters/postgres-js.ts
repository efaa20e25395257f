// The outbox on `postgres` (postgres.js).
import type { Sql } from '@pawl/outbox';
import type { TransactionSql } from 'postgres';

/** `await sql.begin((tx) => outbox.send(onPostgresJs(tx), actor, event))` */
export const onPostgresJs = (tx: TransactionSql): Sql => ({
  execute: (statement, parameters) => tx.unsafe(statement, [...parameters]),
});

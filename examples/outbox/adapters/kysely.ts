// The outbox on Kysely.
import type { Sql } from '@pawl/outbox';
import { CompiledQuery, type Transaction } from 'kysely';

/** `await db.transaction().execute((tx) => outbox.send(onKysely(tx), actor, event))` */
export const onKysely = <Schema>(tx: Transaction<Schema>): Sql => ({
  execute: (statement, parameters) =>
    tx.executeQuery(CompiledQuery.raw(statement, [...parameters])),
});

// The outbox on Drizzle, over any of its PostgreSQL drivers.
import type { Sql } from '@pawl/outbox';
import { sql, type SQL } from 'drizzle-orm';

/** `await db.transaction((tx) => outbox.send(onDrizzle(tx), actor, event))` */
export const onDrizzle = (tx: { execute(query: SQL): PromiseLike<unknown> }): Sql => ({
  execute: async (statement, parameters) => {
    // `$1`, `$2`, … stand in order and once each.
    const [first = '', ...texts] = statement.split(/\$\d+/);
    const rest = texts.flatMap((text, index) => [sql`${parameters[index]}`, sql.raw(text)]);
    await tx.execute(sql.join([sql.raw(first), ...rest]));
  },
});

// What the outbox needs of a PostgreSQL driver: a few functions, so that any driver will do.

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Runs one statement: inside a transaction of yours, or on a connection. Parameters are written
 * `$1`, `$2`, … in the order of the array, each once, and all are text or null.
 */
export interface Sql {
  execute(statement: string, parameters: readonly (string | null)[]): Promise<unknown>;
}

/** A connection of its own, for the relay and for projections. Not through a pooler. */
export interface DatabaseSession {
  execute(statement: string, parameters: readonly unknown[]): Promise<readonly Row[]>;
  /** Calls back with what `LISTEN` brings. */
  onNotification(listener: (payload: string) => void): void;
  /** Calls back once when the connection is gone, however it went. */
  onEnd(listener: () => void): void;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Opens connections to one database. `@pawl/outbox/pg` has one for the driver `pg`. */
export interface Database {
  open(): Promise<DatabaseSession>;
}

/** Runs `work` on a connection of its own, and closes it. */
export const withSession = async <Result>(
  database: Database,
  work: (session: DatabaseSession) => Promise<Result>,
): Promise<Result> => {
  const session = await database.open();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

/** Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. */
export const inTransaction = async <Result>(
  session: DatabaseSession,
  work: () => Promise<Result>,
): Promise<Result> => {
  await session.execute('BEGIN', []);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // A connection that is gone has rolled back; what went wrong is told by `error`.
    await session.execute('ROLLBACK', []).catch(() => undefined);
    throw error;
  }
  await session.execute('COMMIT', []);
  return result;
};

// Brings the schema `pawl` of a database up to date; again does nothing.
import { PawlError } from '@pawl/core';
import { inTransaction, withSession, type Database, type DatabaseSession } from './database.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts';

/** What a database says about its outbox. */
export interface OutboxIdentity {
  /** Part of every message id: two outboxes with equal row numbers do not meet. */
  readonly id: string;
  readonly version: number;
}

/** What `migrate` did. */
export interface Migrated extends OutboxIdentity {
  /** The version before; 0: there was none. */
  readonly from: number;
}

/** Any number: two migrations at once wait for each other. */
const MIGRATION_LOCK = 7_015_881;

const STATE = `
CREATE SCHEMA IF NOT EXISTS pawl;
CREATE TABLE IF NOT EXISTS pawl.outbox_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  version integer NOT NULL DEFAULT 0,
  letter_after text
);
INSERT INTO pawl.outbox_state DEFAULT VALUES ON CONFLICT DO NOTHING;
`;

const SELECT_STATE = 'SELECT id::text AS id, version FROM pawl.outbox_state';

const readState = async (session: DatabaseSession): Promise<OutboxIdentity> => {
  const [row] = await session.execute(SELECT_STATE, []);
  return { id: String(row?.['id']), version: Number(row?.['version']) };
};

/** Creates or updates tables and functions of the schema `pawl`, in one transaction. */
export const migrate = (database: Database): Promise<Migrated> =>
  withSession(database, (session) =>
    inTransaction(session, async () => {
      await session.execute(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`, []);
      await session.execute(STATE, []);
      const before = await readState(session);
      if (before.version > SCHEMA_VERSION) throw newer(before.version);
      for (const { version, statements } of MIGRATIONS.slice(before.version)) {
        await session.execute(statements, []);
        await session.execute(`UPDATE pawl.outbox_state SET version = ${version}`, []);
      }
      return { ...before, from: before.version, version: SCHEMA_VERSION };
    }),
  );

/** The outbox of a database. Throws `outbox-missing`: it is not there, or of another version. */
export const readIdentity = async (session: DatabaseSession): Promise<OutboxIdentity> => {
  const found = await session.execute(
    "SELECT to_regclass('pawl.outbox_state') IS NOT NULL AS found",
    [],
  );
  if (found[0]?.['found'] !== true)
    throw new PawlError(
      'outbox-missing',
      'The database has no outbox: run pawl outbox migrate, or call migrate().',
    );
  const state = await readState(session);
  if (state.version > SCHEMA_VERSION) throw newer(state.version);
  if (state.version < SCHEMA_VERSION)
    throw new PawlError(
      'outbox-missing',
      `The database's outbox has version ${state.version}, this program needs ${SCHEMA_VERSION}: ` +
        'run pawl outbox migrate.',
    );
  return state;
};

const newer = (version: number): PawlError =>
  new PawlError(
    'outbox-missing',
    `The database's outbox has version ${version}, this program knows ${SCHEMA_VERSION}: ` +
      'install a newer Pawl.',
  );

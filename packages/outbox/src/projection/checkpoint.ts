// The position of a projection: kept in the same transaction as the rows.
import type { SnapshotPosition } from '@pawl/core';
import type { DatabaseSession } from '../database.ts';

/** Seed of the hash of a projection's name that is its lock: `proj` in ASCII. */
const SEED = 0x70726f6a;

/** Takes the projection for this session, unless another has it. */
export const claimProjection = async (session: DatabaseSession, name: string): Promise<boolean> => {
  const [row] = await session.execute(
    `SELECT pg_try_advisory_lock(hashtextextended($1, ${SEED})) AS is_taken`,
    [name],
  );
  return row?.['is_taken'] === true;
};

/** Reads the position; undefined: nothing has been projected yet. */
export const loadPosition = async (
  session: DatabaseSession,
  name: string,
): Promise<SnapshotPosition | undefined> => {
  const [row] = await session.execute(
    'SELECT bucket, revision FROM pawl.projection WHERE name = $1',
    [name],
  );
  const bucket = row?.['bucket'];
  if (typeof bucket !== 'string') return undefined;
  return { bucket, revision: Number(row?.['revision']) };
};

/** Saves the position. Within the transaction that writes the rows. */
export const savePosition = async (
  session: DatabaseSession,
  name: string,
  { bucket, revision }: SnapshotPosition,
): Promise<void> => {
  await session.execute(
    `INSERT INTO pawl.projection (name, bucket, revision) VALUES ($1, $2, $3::bigint)
     ON CONFLICT (name) DO UPDATE
     SET bucket = excluded.bucket, revision = excluded.revision, updated_at = clock_timestamp()`,
    [name, bucket, revision],
  );
};

// Brings a table up to the last states, step by step, or all at once from nothing.
import type { Ports, SnapshotPosition } from '@pawl/core';
import { inTransaction, type DatabaseSession } from '../database.ts';
import { loadPosition, savePosition } from './checkpoint.ts';
import type { Projection } from './projection.ts';
import { keepOnly, tableChangesOf, writeTable } from './table-writer.ts';

/** What reading states needs. */
export interface StateSource {
  readonly session: DatabaseSession;
  readonly ports: Pick<Ports, 'snapshots'>;
  readonly projection: Projection;
}

const PAGE = 1_000;

/** Writes one page of what has changed. Returns how many states, and whether there is more. */
export const projectPage = async ({
  session,
  ports,
  projection,
}: StateSource): Promise<{ readonly count: number; readonly hasMore: boolean }> => {
  const after = await loadPosition(session, projection.name);
  const changes = await ports.snapshots.changes(projection.type, after, PAGE);
  const { position, snapshots, hasMore } = changes;
  if (position.bucket === after?.bucket && position.revision === after.revision)
    return { count: 0, hasMore };
  const tableChanges = tableChangesOf(projection, changes);
  await inTransaction(session, async () => {
    await writeTable(session, projection, tableChanges);
    await savePosition(session, projection.name, position);
  });
  return { count: snapshots.length, hasMore };
};

/**
 * Writes every state anew and removes all other rows, in one transaction: readers see the old table
 * until it is done. Returns the number of states.
 */
export const projectAll = async ({ session, ports, projection }: StateSource): Promise<number> =>
  inTransaction(session, async () => {
    const ids = new Set<string>();
    let count = 0;
    let after: SnapshotPosition | undefined;
    for (;;) {
      const changes = await ports.snapshots.changes(projection.type, after, PAGE);
      const { rows, removed } = tableChangesOf(projection, changes);
      await writeTable(session, projection, { rows, removed });
      for (const id of rows.keys()) ids.add(id);
      for (const id of removed) ids.delete(id);
      count += changes.snapshots.length;
      after = changes.position;
      if (!changes.hasMore) break;
    }
    await keepOnly(session, projection, [...ids]);
    await savePosition(session, projection.name, after);
    return count;
  });

// Writes rows of a projection into its table: the database itself turns JSON into its types.
import { decodeState, type SnapshotChanges } from '@pawl/core';
import type { DatabaseSession } from '../database.ts';
import { projectedStateOf, type ProjectedRow, type Projection } from './projection.ts';

/** What is to be done to the table. */
export interface TableChanges {
  /** Ids whose rows go. */
  readonly removed: readonly string[];
  /** Rows by id. */
  readonly rows: ReadonlyMap<string, ProjectedRow>;
}

/** Maps snapshots, each of an actor of its own; one that was removed has no row either. */
export const tableChangesOf = ({ map }: Projection, changes: SnapshotChanges): TableChanges => {
  const rows = new Map<string, ProjectedRow>();
  const removed = new Set(changes.removed.map(({ id }) => id));
  for (const { header, body } of changes.snapshots) {
    if (body.length === 0) continue; // Parked before its first step: there is no state yet.
    const row = map(projectedStateOf(decodeState(body), header));
    if (row === undefined) {
      rows.delete(header.id);
      removed.add(header.id);
    } else {
      removed.delete(header.id);
      rows.set(header.id, row);
    }
  }
  return { rows, removed: [...removed] };
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const tableOf = ({ table }: Projection): string => table.split('.').map(quoted).join('.');

/** One statement for all rows that have the same columns. */
const upsertOf = (projection: Projection, columns: readonly string[]): string => {
  const table = tableOf(projection);
  const all = [projection.idColumn, ...columns].map(quoted);
  const changes = columns.map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
  const names = all.join(', ');
  const action = columns.length === 0 ? 'NOTHING' : `UPDATE SET ${changes.join(', ')}`;
  return (
    `INSERT INTO ${table} (${names}) ` +
    `SELECT ${names} FROM jsonb_populate_recordset(NULL::${table}, $1::text::jsonb) ` +
    `ON CONFLICT (${quoted(projection.idColumn)}) DO ${action}`
  );
};

/** Writes changes, within the caller's transaction. */
export const writeTable = async (
  session: DatabaseSession,
  projection: Projection,
  { rows, removed }: TableChanges,
): Promise<void> => {
  const groups = new Map<string, { readonly columns: string[]; readonly rows: object[] }>();
  for (const [id, row] of rows) {
    const columns = Object.keys(row).filter((column) => row[column] !== undefined);
    const key = JSON.stringify(columns.toSorted());
    const group = groups.get(key) ?? { columns, rows: [] };
    groups.set(key, group);
    group.rows.push({ ...row, [projection.idColumn]: id });
  }
  for (const { columns, rows: group } of groups.values())
    await session.execute(
      upsertOf(
        projection,
        columns.filter((column) => column !== projection.idColumn),
      ),
      [JSON.stringify(group)],
    );
  if (removed.length > 0)
    await session.execute(
      `DELETE FROM ${tableOf(projection)} WHERE ${quoted(projection.idColumn)} = ANY ($1::text[])`,
      [removed],
    );
};

/** Removes the rows of all ids but these, within the caller's transaction. */
export const keepOnly = async (
  session: DatabaseSession,
  projection: Projection,
  ids: readonly string[],
): Promise<void> => {
  const column = quoted(projection.idColumn);
  await session.execute(
    `DELETE FROM ${tableOf(projection)} t WHERE NOT EXISTS ` +
      `(SELECT FROM unnest($1::text[]) AS kept(id) WHERE kept.id = t.${column}::text)`,
    [ids],
  );
};

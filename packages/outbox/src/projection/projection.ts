// projection(): says which table of the user's database follows the states of which actors.
import { checkAddress, PawlError } from '@pawl/core';
import type { ActorState, SnapshotHeader, StateView } from '@pawl/core';

/** A state as a projection sees it: the fold of the actor's journal up to `sequence`. */
export interface ProjectedState extends Omit<StateView, 'bornAt' | 'waitingFor' | 'accepts'> {
  /** Sequence of the create that began this incarnation. */
  readonly bornAt: number;
}

/** Columns of a row, by name: JSON data, dates, or null. */
export type ProjectedRow = Readonly<Record<string, unknown>>;

/** Options of `projection`. */
export interface ProjectionOptions {
  readonly type: string;
  /** The table: yours, with the actor's id as its primary key. `schema.table` is fine. */
  readonly table: string;
  /**
   * The columns besides the id; undefined: no row. Pure: it is called again for the same state.
   * Columns that it leaves out are not touched.
   */
  readonly map: (state: ProjectedState) => ProjectedRow | undefined;
  /** The column of the actor's id. Default `id`. */
  readonly idColumn?: string;
  /** Under which its position is kept. Default the table. */
  readonly name?: string;
}

/** A projection that is not running yet. */
export type Projection = Required<ProjectionOptions>;

/** Declares a projection. Throws `invalid-type`, and `invalid-name` for a table without a name. */
export const projection = (options: ProjectionOptions): Projection => {
  const { type, table, idColumn = 'id', name = table } = options;
  checkAddress({ type, id: 'x' });
  for (const word of [...table.split('.'), idColumn, name])
    if (word === '' || word.includes('\u0000'))
      throw new PawlError('invalid-name', 'A projection needs the names of a table and a column.');
  return { ...options, idColumn, name };
};

/** What a map gets. */
export const projectedStateOf = (state: ActorState, header: SnapshotHeader): ProjectedState => {
  const { snapshot, fault } = state;
  return {
    type: state.type,
    id: state.id,
    version: state.version,
    bornAt: state.bornAt,
    sequence: state.sequence,
    time: state.time,
    since: state.since,
    status: state.status,
    value: snapshot.value,
    tags: state.tags,
    context: snapshot.context,
    ...(snapshot.output !== undefined && { output: snapshot.output }),
    ...(fault !== undefined && { fault }),
    ...(header.parked !== undefined && {
      parked: { code: header.parked.code, message: header.parked.message },
    }),
  };
};

// What the table of counters must say: each journal folded here, without hosts and snapshots.
import { fold, readEntry, registerMachine, type ActorState } from '@pawl/core';
import { portsOf, type Connection } from 'pawl';
import { counter } from '../../packages/outbox/test/counter.machine.ts';

/** A row of the table, as `pg` reads it. */
export interface TallyRow {
  readonly id: string;
  readonly state: string;
  readonly count: number;
  readonly sum: string;
  readonly sequence: string;
}

const registered = registerMachine('counter', counter);

/** The rows of all counters that do not rest, by id. */
export const foldJournals = async (
  connection: Connection,
  ids: readonly string[],
): Promise<readonly TallyRow[]> => {
  const { journal } = portsOf({ connection });
  const rows: TallyRow[] = [];
  for (const id of ids) {
    let state: ActorState | undefined;
    for (const stored of await journal.read({ type: 'counter', id }))
      state = fold(registered, state, readEntry(stored)).state ?? state;
    if (state === undefined) throw new Error(`${id} has no state`);
    const { value, context } = state.snapshot as unknown as {
      value: string;
      context: { count: number; sum: number };
    };
    if (value === 'resting') continue;
    const { count, sum } = context;
    rows.push({ id, state: value, count, sum: String(sum), sequence: String(state.sequence) });
  }
  return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
};

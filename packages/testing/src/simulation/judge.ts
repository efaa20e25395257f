// Holds a world against all that is promised.
import { gatherEvidence, type Evidence, type Invariant, type Violation } from './evidence.ts';
import { keepsAcknowledged } from './invariants/acknowledged.ts';
import { carriesOutAll } from './invariants/carried-out.ts';
import { leavesNothingBehind, listsTheStates } from './invariants/lists.ts';
import { firesInDueOrder, takesEffectOnce } from './invariants/once.ts';
import { foldsTheSame, savesTheSame } from './invariants/same-state.ts';
import { isNeverLate, leavesNobodyBehind, leavesNobodyWaiting } from './invariants/waits.ts';
import type { Promises } from './promises.ts';
import type { World } from './world.ts';

const scenarioHolds: Invariant = ({ world, states }: Evidence) =>
  world.restoredTo === undefined ? (world.scenario.check?.(states) ?? []) : [];

const noDefects: Invariant = ({ world }) =>
  world.defects.map((error) =>
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );

const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'no process throws out of nowhere': noDefects,
  'no acknowledged event is lost': keepsAcknowledged,
  'every effect is carried out': carriesOutAll,
  'what arrives twice takes effect once': takesEffectOnce,
  'timers fire in due order': firesInDueOrder,
  'the live state is the fold of the journal': foldsTheSame,
  'snapshots are the fold of the journal': savesTheSame,
  'nobody waits on nothing': leavesNobodyWaiting,
  'nobody is faulted or parked': leavesNobodyBehind,
  'nothing is done much too late': isNeverLate,
  'lists are the states': listsTheStates,
  'nothing is left in memory': leavesNothingBehind,
  'the scenario holds': scenarioHolds,
};

/** All that is broken. */
export const judge = async (
  world: World,
  { invariants, tally }: Promises,
): Promise<readonly Violation[]> => {
  const evidence = gatherEvidence(world);
  const violations: Violation[] = [];
  tally?.count(evidence, (name, by) => world.count(name, by));
  const all = { ...INVARIANTS, ...invariants };
  for (const [invariant, hold] of Object.entries(all))
    for (const text of await hold(evidence)) violations.push({ invariant, text });
  return violations;
};

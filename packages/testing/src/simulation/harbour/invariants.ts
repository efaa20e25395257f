// What must hold in the simulated harbour, besides what holds in every world.
import type { Invariant } from '../evidence.ts';
import { tellsEverybody, tellsOnce } from '../invariants/fan-out.ts';
import {
  endsFree,
  grantsInOrder,
  leavesNoPlaceFree,
  staysWithinCapacity,
} from '../invariants/limits.ts';
import { holdsByOwnJournal } from '../invariants/permits.ts';
import { runsOneAfterTheOther, worksOnOneAtATime } from '../invariants/runs.ts';
import {
  accountsForAllTicks,
  catchesUpWithin,
  overlapsAsAllowed,
  runsEachTickOnce,
} from '../invariants/schedules.ts';

/** By name. */
export const harbourInvariants: Readonly<Record<string, Invariant>> = {
  'no more is held than the capacity allows': staysWithinCapacity,
  'grants are in the order of the requests': grantsInOrder,
  'nobody waits while a place is free': leavesNoPlaceFree,
  'permits are held by those who say so': holdsByOwnJournal,
  'at the end nothing is held and nobody waits': endsFree,
  'every tick is accounted for': accountsForAllTicks,
  'ticks are caught up with within the window': catchesUpWithin,
  'a run is of one tick': runsEachTickOnce,
  'runs overlap as allowed': overlapsAsAllowed,
  'runs are one after the other': runsOneAfterTheOther,
  'workers are at one run at a time': worksOnOneAtATime,
  'an event for many reaches everybody': tellsEverybody,
  'an event for many takes effect once': tellsOnce,
};

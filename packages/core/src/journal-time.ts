// The time of the journal, for machines: the one clock that a replay shows the same.
import { PawlError } from './errors.ts';
import { systemOf } from './fold/actor-system.ts';

/**
 * Journal time of the entry that is folded, ms since 1970: in an `assign`, an action or a delay
 * write `({ system }) => journalTime(system)`. Never earlier than in the step before. Throws
 * `step-failed` outside a fold, as in a live `createActor()`.
 */
export const journalTime = (system: unknown): number => {
  const { step } = systemOf({ system });
  if (step !== undefined) return step.time;
  throw new PawlError(
    'step-failed',
    'journalTime() is known only while an entry is folded. In a test, use testActor().',
  );
};

// What the mark of an unfinished takeover tells the next one: fold at once or one at a time, and
// which entry ends the hosts that fold it. Pure.
import type { RecoveryMark } from '@pawl/core';

/**
 * So many entries are named one by one already at the first try: it costs little, and names an
 * entry that ends hosts one takeover earlier.
 */
export const SHORT_BACKLOG = 32;

/**
 * An entry at which that many takeovers in a row have ended is not folded any more. Not fewer: a
 * takeover also ends when its host is halted or cut off at the wrong moment, and with two, one of
 * a thousand simulated worlds had an entry faulted that would have done no harm.
 */
export const ENDED_MAX = 3;

/** What a takeover begins with. */
export interface Backlog {
  /** Sequence of its first entry. */
  readonly first: number;
  /** So many entries may have been folded by an earlier host. */
  readonly size: number;
  /** Identity of the journal. */
  readonly journal: string;
}

/** How a backlog is folded. */
export interface RecoveryPlan {
  /** One entry at a time, and each is named in the mark before it is folded. */
  readonly isSingle: boolean;
  /** Which takeover in a row this is. */
  readonly attempt: number;
  /** The entry at which the one before ended, and how many have ended there. */
  readonly suspect?: { readonly sequence: number; readonly ended: number };
  /** It is not folded any more: it faults its actor. */
  readonly culprit?: number;
}

/** Plans a takeover from the mark that the one before has left. */
export const planRecovery = (
  mark: RecoveryMark | undefined,
  { first, size, journal }: Backlog,
): RecoveryPlan => {
  if (mark === undefined || mark.journal !== journal)
    return { isSingle: size <= SHORT_BACKLOG, attempt: 1 };
  const { sequence, attempt } = mark;
  if (sequence === undefined) return { isSingle: true, attempt: attempt + 1 };
  // A late write of a host that was slow: that entry has been brought to its end since.
  if (sequence < first) return { isSingle: true, attempt: 1 };
  if (attempt >= ENDED_MAX) return { isSingle: true, attempt: attempt + 1, culprit: sequence };
  return { isSingle: true, attempt: attempt + 1, suspect: { sequence, ended: attempt } };
};

/** How often an entry was tried, this time included. */
export const attemptAt = ({ suspect }: RecoveryPlan, sequence: number): number =>
  suspect?.sequence === sequence ? suspect.ended + 1 : 1;

/** A mark of this very process says nothing: the process lives. What it knew before counts. */
export const withoutOwn = (
  found: RecoveryMark | undefined,
  own: RecoveryMark | undefined,
): RecoveryMark | undefined => {
  const isOwn =
    found !== undefined &&
    found.host === own?.host &&
    found.sequence === own.sequence &&
    found.attempt === own.attempt;
  if (!isOwn) return found;
  return found.attempt > 1 ? { ...found, attempt: found.attempt - 1 } : undefined;
};

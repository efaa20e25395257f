// When to ask the cloud again: often at first, then less, so that slow resources cost few calls.
import { pending } from 'pawl';
import type { Pending, TaskContext } from 'pawl';

const FIRST_MS = 1_000;
const FACTOR = 1.25;
const LONGEST = 10;

const pollsOf = (details: unknown): number =>
  typeof details === 'object' &&
  details !== null &&
  'polls' in details &&
  typeof details.polls === 'number'
    ? details.polls
    : 0;

/** Not there yet: the task is called again. `status` is shown as its progress. */
export type PollAgain = (context: TaskContext, status: string) => Pending;

/** Waits `firstMs` before the second look, then longer each time, up to ten times as long. */
export const createPollAgain =
  (firstMs: number = FIRST_MS): PollAgain =>
  ({ lastDetails }, status) => {
    const polls = pollsOf(lastDetails);
    const afterMs = Math.min(Math.round(firstMs * FACTOR ** polls), firstMs * LONGEST);
    return pending({ afterMs, details: { status, polls: polls + 1 } });
  };

// What a look at a partition's consumer tells a host on which nothing was delivered for a while.
import type { ConsumerStatus } from '@pawl/core';

/** What a host knows of a partition at the moment of a look. */
export interface LookPosition {
  /** Has the host a tenure? */
  readonly isHeld: boolean;
  /** Deliveries that it has not acknowledged yet. */
  readonly unacked: number;
  /** Deliveries so far, of all tenures. */
  readonly deliveries: number;
  readonly status: ConsumerStatus;
}

/**
 * `reset`: entries wait for an acknowledgement that nobody will give. `elsewhere`: another host has
 * the partition. `idle`: nobody has it, and nothing waits. `fine`: nothing to do.
 */
export type LookVerdict = 'reset' | 'elsewhere' | 'idle' | 'fine';

/**
 * Judges a look. A holder that has acknowledged all it got, while the broker still waits, has lost
 * deliveries or acknowledgements on a cut connection; one look may come while they are on their
 * way, so only a second one with nothing in between counts.
 */
export const judgeLook = (look: LookPosition, before: LookPosition | undefined): LookVerdict => {
  const { isHeld, unacked, deliveries, status } = look;
  if (!status.isPinned && status.ackPending > 0) return 'reset';
  if (status.isPinned && !status.isPinnedHere) return 'elsewhere';
  // A holder that was hung does not hear that another host has come and gone meanwhile.
  if (!status.isPinned) return 'idle';
  if (!isHeld && status.ackPending + status.waiting === 0) return 'idle';
  const isStuck = status.ackPending > unacked;
  const hasRested =
    before?.status.isPinnedHere === true &&
    before.deliveries === deliveries &&
    before.unacked === unacked &&
    before.status.ackPending > unacked;
  return isStuck && hasRested ? 'reset' : 'fine';
};

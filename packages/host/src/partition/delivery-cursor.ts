// The delivery cursor: decides for each delivery whether the host still has the exact order.

/** What the cursor looks at. */
export interface DeliveryPosition {
  readonly consumerSequence: number;
  readonly isRedelivery: boolean;
  readonly pinId: string;
}

/** Where a partition stands. */
export type DeliveryCursor =
  /** Nothing delivered yet, since the pin `lostPin` was lost if there was one. */
  | { readonly at: 'start'; readonly lostPin?: string }
  /** Everything up to `last` was delivered in order under one pin. */
  | { readonly at: 'following'; readonly last: number; readonly pinId: string }
  /** A RESET was asked for; until consumer sequence 1 comes, everything is dropped. */
  | { readonly at: 'resetting' };

/**
 * What to do with a delivery. `begin`: forget the partition, then fold. `fold`: go on.
 * `drop`: a RESET is under way, or it came too late. `reset`: forget the partition and ask for one
 * RESET.
 */
export type DeliveryVerdict = 'begin' | 'fold' | 'drop' | 'reset';

/** A cursor before the first delivery. */
export const startCursor: DeliveryCursor = { at: 'start' };

/** The cursor after the pin was lost: what still arrives under that pin is another host's now. */
export const unpinnedCursor = (cursor: DeliveryCursor): DeliveryCursor =>
  cursor.at === 'following' ? { at: 'start', lostPin: cursor.pinId } : startCursor;

/** A cursor after a RESET was asked for. */
export const resettingCursor: DeliveryCursor = { at: 'resetting' };

/**
 * Takes one delivery. Consumer sequence 1 always starts anew and never asks for a RESET: it is
 * what a RESET ends with, and without this rule one lost delivery asks for hundreds of them.
 */
export const takeDelivery = (
  cursor: DeliveryCursor,
  { consumerSequence, isRedelivery, pinId }: DeliveryPosition,
): { readonly cursor: DeliveryCursor; readonly verdict: DeliveryVerdict } => {
  if (cursor.at === 'start' && cursor.lostPin === pinId) return { cursor, verdict: 'drop' };
  if (consumerSequence === 1)
    return { cursor: { at: 'following', last: 1, pinId }, verdict: 'begin' };
  if (cursor.at === 'resetting') return { cursor, verdict: 'drop' };
  const isNext =
    cursor.at === 'following' &&
    consumerSequence === cursor.last + 1 &&
    !isRedelivery &&
    pinId === cursor.pinId;
  if (!isNext) return { cursor: resettingCursor, verdict: 'reset' };
  return { cursor: { at: 'following', last: consumerSequence, pinId }, verdict: 'fold' };
};

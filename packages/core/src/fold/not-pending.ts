// The refusal of an order about something that the actor does not wait for.
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { refused, type LivingTurn } from './turn.ts';

/** Refuses, and says what the actor waits for instead. */
export const notPending = (turn: LivingTurn, what: string, names: readonly string[]): Step =>
  refused(
    turn,
    'not-pending',
    `${addressKey(turn.entry)} does not wait for the ${what}. It waits for: ` +
      `${names.join(', ') || 'nothing of the kind'}.`,
    { pending: names },
  );

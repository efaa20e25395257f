// Until when a queue is paused, by whom and why, in words.
import { isUntilResumed } from '@pawl/client';
import type { PauseNote } from '@pawl/core';
import { timeText } from './time-text.ts';

/** What is known of a queue's pause. */
export interface ShownPause {
  readonly pausedUntil?: number | undefined;
  readonly paused?: PauseNote | undefined;
}

/** `until resumed` or until a time, and by whom, since when and why. Empty: it is not paused. */
export const pauseText = (
  { pausedUntil, paused }: ShownPause,
  now: number,
  isPretty: boolean,
): string => {
  if (pausedUntil === undefined) return '';
  const end = isUntilResumed(pausedUntil, now) ? 'resumed' : timeText(pausedUntil, now, isPretty);
  if (paused === undefined) return `until ${end}`;
  const { by, at, why } = paused;
  const reason = why === undefined ? '' : `: ${why}`;
  return `until ${end}, by ${by} ${isPretty ? '' : 'at '}${timeText(at, now, isPretty)}${reason}`;
};

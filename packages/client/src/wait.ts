// Waiting by the clock port, so that tests can turn the clock.
import type { Clock } from '@pawl/core';

/** Resolves after `ms`. */
export const wait = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

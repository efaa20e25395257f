// A pause that an interrupt ends.
import { systemClock, type Clock } from '@pawl/core';

/** Resolves after `ms`, or at once when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal, clock: Clock = systemClock): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      timer.stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

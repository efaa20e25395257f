// A bell for a loop that sleeps: rung while nobody listens, it is heard at the next wait.
import type { Clock } from '@pawl/core';

/** A bell. */
export interface Bell {
  ring(): void;
  /** Resolves when the bell has rung since the last wait, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
}

/** A bell that is silent. */
export const createBell = (clock: Clock): Bell => {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    wait: (timeoutMs) =>
      new Promise((resolve) => {
        const end = (): void => {
          timer.stop();
          wake = undefined;
          hasRung = false;
          resolve();
        };
        const timer = clock.after(timeoutMs, end);
        wake = end;
        if (hasRung) end();
      }),
  };
};

/** Waits for a while. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

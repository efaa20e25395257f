// Waiting for a condition that no signal tells of, with a limit.
import { setTimeout as wait } from 'node:timers/promises';

const EVERY_MS = 25;

/** Resolves when `isTrue` says so; rejects after `ms` with what was waited for. */
export const until = async (
  what: string,
  ms: number,
  isTrue: () => boolean | Promise<boolean>,
  everyMs: number = EVERY_MS,
): Promise<void> => {
  const endsAt = performance.now() + ms;
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${ms} ms`);
    await wait(everyMs);
  }
};

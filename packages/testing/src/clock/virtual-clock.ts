// A clock that stands still until a test moves it.
import type { Clock, Stoppable } from '@pawl/core';
import { durationMs, type Duration } from './duration.ts';

/** A clock for tests. Timers run only inside `advance`, in due order. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on. Everything due on the way runs at its own time, and what it started settles
   * before the next one. Calls one after the other without `await` are done in that order.
   */
  advance(duration: Duration): Promise<void>;
  /** Waits until nothing runs any more at the present time: all promises that can settle have. */
  settle(): Promise<void>;
  /** When the next timer is due, ms since 1970; undefined when there is none. */
  nextDueAt(): number | undefined;
}

interface Waiting {
  dueAt: number;
  readonly callback: () => void;
  readonly everyMs?: number;
  isStopped: boolean;
}

/** 1 January 2026, 00:00 UTC: any fixed time is as good. */
const DEFAULT_START = 1_767_225_600_000;

/** The event loop turns once only after the queue of promises is empty. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A virtual clock that shows `start` (ms since 1970). */
export const createVirtualClock = (options: { readonly start?: number } = {}): VirtualClock => {
  let now = options.start ?? DEFAULT_START;
  const waiting: Waiting[] = []; // By due time; equal ones in the order in which they were set.
  let lastAdvance: Promise<void> = Promise.resolve();

  const insert = (timer: Waiting): void => {
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((waiting[middle]?.dueAt ?? Infinity) <= timer.dueAt) low = middle + 1;
      else high = middle;
    }
    waiting.splice(low, 0, timer);
  };

  const start = (ms: number, callback: () => void, everyMs?: number): Stoppable => {
    const dueAt = now + Math.max(0, ms);
    const timer: Waiting = {
      dueAt,
      callback,
      isStopped: false,
      ...(everyMs !== undefined && { everyMs }),
    };
    insert(timer);
    return {
      stop: () => {
        timer.isStopped = true;
        const index = waiting.indexOf(timer);
        if (index >= 0) waiting.splice(index, 1);
      },
    };
  };

  const settle = async (): Promise<void> => {
    // Two turns: what a shell puts off by one setImmediate of its own is done as well.
    await turn();
    await turn();
  };

  const runUntil = async (end: number): Promise<void> => {
    await settle();
    for (let timer = waiting[0]; timer !== undefined && timer.dueAt <= end; timer = waiting[0]) {
      waiting.shift();
      now = Math.max(now, timer.dueAt);
      if (timer.everyMs !== undefined) insert(Object.assign(timer, { dueAt: now + timer.everyMs }));
      timer.callback();
      await settle();
    }
    now = Math.max(now, end);
  };

  return {
    now: () => now,
    after: (ms, callback) => start(ms, callback),
    every: (ms, callback) => start(ms, callback, Math.max(1, ms)),
    nextDueAt: () => waiting[0]?.dueAt,
    settle,
    advance: (duration) => {
      const ms = durationMs(duration);
      const advance = lastAdvance.then(() => runUntil(now + ms));
      lastAdvance = advance.catch(() => undefined); // The caller of this one gets the error.
      return advance;
    },
  };
};

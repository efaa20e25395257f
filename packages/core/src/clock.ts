// The clock port: adapters and shells ask it for the time, core never does.

/** A running timer that can be stopped. */
export interface Stoppable {
  stop(): void;
}

/** Time for shells. Rules take times as data instead. */
export interface Clock {
  /** Wall time, ms since 1970. */
  now(): number;
  /** Calls back once after `ms`. */
  after(ms: number, callback: () => void): Stoppable;
  /** Calls back every `ms` until stopped. */
  every(ms: number, callback: () => void): Stoppable;
}

/** Longest wait of the system's timers, ms: a longer one would end at once. */
const WAIT_MAX_MS = 2 ** 31 - 1;

/** Calls back once after `ms`, however long: in parts that the system's timers can hold. */
const afterMs = (ms: number, callback: () => void): Stoppable => {
  let leftMs = ms;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const partMs = Math.min(leftMs, WAIT_MAX_MS);
    leftMs -= partMs;
    timer = setTimeout(leftMs > 0 ? wait : callback, partMs);
    timer.unref();
  };
  wait();
  return { stop: () => clearTimeout(timer) };
};

/** Calls back every `ms`: an interval of the system has the same bound. */
const everyMs = (ms: number, callback: () => void): Stoppable => {
  if (ms > WAIT_MAX_MS) {
    let waiting: Stoppable;
    const wait = (): void => {
      waiting = afterMs(ms, () => {
        wait();
        callback();
      });
    };
    wait();
    return { stop: () => waiting.stop() };
  }
  const timer = setInterval(callback, ms);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};

/**
 * The clock of the machine. Its timers do not keep the process alive on their own; a wait may be of
 * any length, and one of Infinity never ends.
 */
export const systemClock: Clock = { now: () => Date.now(), after: afterMs, every: everyMs };

/** Waits for something, but not longer than `ms`. True when it is done; rejects as it does. */
export const isDoneWithin = async (
  clock: Clock,
  ms: number,
  done: Promise<unknown>,
): Promise<boolean> => {
  let stop = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    stop = () => timer.stop();
  });
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    stop();
  }
};

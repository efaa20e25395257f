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

/** The clock of the machine. Its timers do not keep the process alive on their own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { stop: () => clearTimeout(timer) };
  },
  every: (ms, callback) => {
    const timer = setInterval(callback, ms);
    timer.unref();
    return { stop: () => clearInterval(timer) };
  },
};

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

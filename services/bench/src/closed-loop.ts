// A closed loop: so many lifecycles, at most so many of them at a time.

/** How much to do at a time. */
export interface LoopOptions {
  /** Number of the first lifecycle; ids are made from it. */
  readonly first: number;
  readonly lifecycles: number;
  readonly inFlight: number;
}

/** What a loop took. */
export interface LoopResult {
  readonly seconds: number;
  /** Of each lifecycle, in the order in which they ended, ms. */
  readonly latenciesMs: readonly number[];
}

/** Begins lifecycle `number`; calls `done` when it has ended. */
export type StartLifecycle = (number: number, done: (error?: Error) => void) => void;

/** Lifecycles between two reports of progress. */
const REPORT_EVERY = 250;

/** Runs a loop. Rejects with the first failure. */
export const runLoop = (
  { first, lifecycles, inFlight }: LoopOptions,
  start: StartLifecycle,
  onProgress: (done: number) => void,
): Promise<LoopResult> =>
  new Promise((resolve, reject) => {
    const latenciesMs: number[] = [];
    const startedAt = performance.now();
    let started = 0;
    const next = (): void => {
      const number = first + started;
      started += 1;
      const beganAt = performance.now();
      start(number, (error) => {
        if (error !== undefined) {
          started = lifecycles; // The others end, and no more begin.
          reject(error);
          return;
        }
        const endedAt = performance.now();
        latenciesMs.push(endedAt - beganAt);
        if (latenciesMs.length % REPORT_EVERY === 0) onProgress(latenciesMs.length);
        if (started < lifecycles) next();
        else if (latenciesMs.length === lifecycles)
          resolve({ seconds: (endedAt - startedAt) / 1000, latenciesMs });
      });
    };
    for (let index = 0; index < Math.min(inFlight, lifecycles); index += 1) next();
  });

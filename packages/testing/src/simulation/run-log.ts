// What tasks work on, and when: the proof of what runs at once is what workers do.
import type { SimulatedProcess } from './process.ts';

/** One run of a task. Times in ms. */
export interface LoggedRun {
  /** What it works on: no two runs of it may be at work at once. */
  readonly what: string;
  /** Which run of it: the same when a command comes again. */
  readonly run: string;
  readonly process: SimulatedProcess;
  readonly startedAt: number;
  /** Infinite while it goes on. The end of its process ends it as well. */
  endedAt: number;
}

/** All runs of a world. */
export class RunLog {
  readonly runs: LoggedRun[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes that a run begins; the result notes that it ends. */
  begin(process: SimulatedProcess, what: string, run: string): () => void {
    const logged: LoggedRun = { what, run, process, startedAt: this.#now(), endedAt: Infinity };
    this.runs.push(logged);
    return () => {
      logged.endedAt = this.#now();
    };
  }
}

/** When a run was over, however. */
export const endOf = ({ endedAt, process }: LoggedRun): number =>
  Math.min(endedAt, process.endedAt);

/**
 * Was its process halted or cut off? Then the broker gives its work to another after a while: no
 * queue can know that it goes on.
 */
export const isHarmed = ({ process }: LoggedRun): boolean => process.wasHarmed;

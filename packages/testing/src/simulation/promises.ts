// What a scenario promises besides what holds in every world, and what is counted in its worlds.
import type { Evidence, Invariant } from './evidence.ts';

/** Promises of a scenario. */
export interface Promises {
  /** More that must hold when all is quiet, by name. */
  readonly invariants?: Readonly<Record<string, Invariant>>;
  /** What happened in a world, besides faults: nothing of it may be missing in many worlds. */
  readonly tally?: Tally;
}

/** Counts what happened. */
export interface Tally {
  /** All that is counted, in the order in which it is shown. */
  readonly names: readonly string[];
  /** Crash points that it never meets: its actors do without such messages. */
  readonly unmet: readonly string[];
  readonly count: (evidence: Evidence, add: (name: string, by?: number) => void) => void;
}

// The clock port of the simulator: every state is a function of what was asked, when, and now.

/** Tells the time. A test hands in one that it moves itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back. */
  now(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() };

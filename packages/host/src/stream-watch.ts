// Which streams a host works on. Others than before were made anew, and are empty.
import { errorFields } from '@pawl/core';
import type { Log, Visits } from '@pawl/core';

/** The streams that one service of a host knows. */
export class StreamWatch {
  readonly #visits: Visits;
  readonly #log: Log;
  #identity: string | undefined;
  #hasComplained = false;

  constructor(visits: Visits, log: Log) {
    this.#visits = visits;
    this.#log = log;
  }

  /** What everything of this service was registered under. */
  get identity(): string | undefined {
    return this.#identity;
  }

  /** Does `settle` first when the streams are others than before. True when they were. */
  async look(settle: () => Promise<void>): Promise<boolean> {
    const identity = await this.#ask();
    if (identity === undefined || identity === this.#identity) return false;
    await settle();
    this.#identity = identity;
    return true;
  }

  /** Undefined while a stream is missing, or without the right to look. */
  async #ask(): Promise<string | undefined> {
    try {
      const identity = await this.#visits.identity();
      this.#hasComplained = false;
      return identity;
    } catch (error) {
      if (!this.#hasComplained)
        this.#log(
          'warn',
          'Whether streams were made anew cannot be told right now',
          errorFields(error),
        );
      this.#hasComplained = true;
      return undefined;
    }
  }
}

// pending(): a task says that the outside world is still at work, and asks to be called again.
import { hasBrand, setBrand } from '@pawl/core';

/** Options of `pending`. */
export interface PendingOptions {
  /** Ask again after so many ms. Default: the contract's `poll.everyMs`. */
  readonly afterMs?: number;
  /** Kept as the command's progress: the next call finds it in `lastDetails`. JSON data. */
  readonly details?: unknown;
}

const BRAND = Symbol.for('pawl.Pending');

/** What `pending()` returns. `instanceof` knows those of another copy of this package, too. */
export class Pending {
  static [Symbol.hasInstance](value: unknown): boolean {
    return hasBrand(value, BRAND);
  }

  readonly afterMs: number | undefined;
  readonly details: unknown;

  constructor(options: PendingOptions) {
    this.afterMs = options.afterMs;
    this.details = options.details;
  }
}
setBrand(Pending.prototype, BRAND);

/**
 * Not finished yet: `return pending({ details: { serverId } })`. The task is called again later.
 * That is not an attempt and leaves no trace in the journal; the contract needs a `poll` policy.
 */
export const pending = (options: PendingOptions = {}): Pending => new Pending(options);

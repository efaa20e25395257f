// Trying again while the broker is away: nothing is given up because a connection was cut.
import { errorFields, PawlError, type Clock, type Log } from '@pawl/core';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/** What a retry needs to know. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What is being done, for the log. */
  readonly what: string;
  /** False once nobody needs the result. */
  readonly isWanted: () => boolean;
  /** A `broker-refused` that lasts so long counts as final, ms. Default: it never does. */
  readonly refusedMaxMs?: number;
}

/**
 * Is this a failure that passes by itself? A stream without a leader looks like JetStream switched
 * off for a moment; with a closed connection there is nothing to do but to wait for the stop.
 */
export const isPassing = (error: unknown): error is PawlError => {
  if (!(error instanceof PawlError)) return false;
  if (error.code === 'closed' || error.code === 'jetstream-off') return true;
  return error.retryable && error.code !== 'sequence-conflict';
};

const isRefusal = (error: unknown): boolean =>
  error instanceof PawlError && error.code === 'broker-refused';

/**
 * Does it until it works, or fails in a way that does not pass by itself, or nobody wants it.
 * Waits 100 ms, then twice as long each time, at most 5 s.
 */
export const untilDone = async <Result>(
  action: () => Promise<Result>,
  { clock, log, what, isWanted, refusedMaxMs = Number.POSITIVE_INFINITY }: RetryOptions,
): Promise<Result> => {
  const startedAt = clock.now();
  let failure: PawlError | undefined;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    // Whoever gave up meanwhile has gone on: doing it now would come too late.
    if (failure !== undefined && !isWanted()) throw failure;
    try {
      return await action();
    } catch (error) {
      const isFinal = isRefusal(error) && clock.now() - startedAt >= refusedMaxMs;
      if (isFinal || !isPassing(error) || !isWanted()) throw error;
      log('warn', `${what} failed and is tried again`, { ...errorFields(error), waitMs });
      failure = error;
    }
    await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
  }
};

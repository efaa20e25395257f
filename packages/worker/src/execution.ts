// One running call of a task: its signal, its timeout and how it ended.
import type { Clock } from '@pawl/core';
import type { AbortCause, Ending } from './settlement.ts';

/** A running call. */
export interface Execution {
  /** The first cause, when the signal has been aborted. */
  readonly abortCause: AbortCause | undefined;
  /** Made on first use: most tasks never look at it. */
  readonly signal: AbortSignal;
  abort(cause: AbortCause): void;
}

const REASONS: Readonly<Record<AbortCause, string>> = {
  cancelled: 'The actor cancelled the command.',
  timeout: 'The task took longer than its timeoutMs.',
  stopping: 'The worker stops and its grace is over.',
};

/** The reason of an aborted signal, as browsers and Node name it. */
const abortError = (cause: AbortCause): Error => {
  const error = new Error(REASONS[cause]);
  error.name = cause === 'timeout' ? 'TimeoutError' : 'AbortError';
  return error;
};

/** A class and no literal: a literal with getters makes a hidden class for each object. */
class RunningCall implements Execution {
  abortCause: AbortCause | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.abortCause !== undefined) this.#controller.abort(abortError(this.abortCause));
    }
    return this.#controller.signal;
  }

  abort(cause: AbortCause): void {
    if (this.abortCause !== undefined) return;
    this.abortCause = cause;
    this.#controller?.abort(abortError(cause));
  }
}

/** A call that has not been aborted. */
export const createExecution = (): Execution => new RunningCall();

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value;

/** How the task itself ends, however late; at once when it does not wait. Never rejects. */
export const endingOf = (call: () => unknown): Ending | Promise<Ending> => {
  try {
    const value = call();
    return isThenable(value) ? endingLater(value) : { kind: 'returned', value };
  } catch (thrown) {
    return { kind: 'threw', thrown };
  }
};

const endingLater = async (result: PromiseLike<unknown>): Promise<Ending> => {
  try {
    return { kind: 'returned', value: await result };
  } catch (thrown) {
    return { kind: 'threw', thrown };
  }
};

/** The ending, or `timed-out` after `timeoutMs`, with the signal aborted. */
export const endingWithin = (
  ending: Promise<Ending>,
  execution: Execution,
  timeoutMs: number,
  clock: Clock,
): Promise<Ending> =>
  new Promise((resolve) => {
    const timer = clock.after(timeoutMs, () => {
      execution.abort('timeout');
      resolve({ kind: 'timed-out' });
    });
    void ending.then((value) => {
      timer.stop();
      resolve(value);
    });
  });

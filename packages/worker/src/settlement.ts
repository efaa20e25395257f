// The rule for what a task came to: which reply, or a poll, or giving the command back. Pure.
import { checkJsonData, errorDataOf, validate } from '@pawl/core';
import type { CommandContract, ErrorData } from '@pawl/core';
import { Pending } from './pending.ts';
import { TaskError, taskErrorData } from './task-error.ts';

/** How a call of a task ended. */
export type Ending =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly thrown: unknown }
  | { readonly kind: 'timed-out' };

/** Why the signal was aborted, if it was. */
export type AbortCause = 'cancelled' | 'timeout' | 'stopping';

/** What the rule needs to know about the call. */
export interface Call {
  readonly contract: CommandContract;
  readonly abortCause: AbortCause | undefined;
  readonly timeoutMs: number;
  readonly deadlineAt: number;
  readonly now: number;
}

/** The part of a reply that says how the attempt ended. */
export type Outcome =
  | { readonly outcome: 'done'; readonly output?: unknown }
  | { readonly outcome: 'failed'; readonly error: ErrorData }
  | { readonly outcome: 'cancelled' };

/** What to do. */
export type Settlement =
  | { readonly kind: 'reply'; readonly outcome: Outcome }
  | { readonly kind: 'poll'; readonly delayMs: number; readonly details: unknown }
  | { readonly kind: 'hand-back'; readonly delayMs: number };

/** Progress is kept for a day; a poll must find the note that the last one left. */
const POLL_MAX_MS = 12 * 3_600_000;

const failedWith = (error: ErrorData): Settlement => ({
  kind: 'reply',
  outcome: { outcome: 'failed', error },
});

const settlePending = (pending: Pending, call: Call): Settlement => {
  const { contract, now, deadlineAt } = call;
  if (call.abortCause === 'cancelled') return { kind: 'reply', outcome: { outcome: 'cancelled' } };
  if (contract.poll === undefined)
    return failedWith({
      code: 'invalid-output',
      retryable: false,
      message: `${contract.name} returned pending(), but its contract has no poll policy: add one.`,
    });
  const delayMs = Math.min(pending.afterMs ?? contract.poll.everyMs, POLL_MAX_MS);
  // Not past the deadline: that is when the command is answered as exceeding it.
  const clampedMs = Math.max(0, Math.min(delayMs, deadlineAt - now));
  return { kind: 'poll', delayMs: clampedMs, details: pending.details };
};

const settleOutput = (value: unknown, { contract }: Call): Settlement => {
  try {
    const what = `The output of ${contract.name}`;
    const output = validate(contract.output, value, 'invalid-output', what);
    if (output !== undefined) checkJsonData(output, what);
    return {
      kind: 'reply',
      outcome: { outcome: 'done', ...(output !== undefined && { output }) },
    };
  } catch (error) {
    return failedWith({ ...errorDataOf(error), code: 'invalid-output', retryable: false });
  }
};

/**
 * Decides. A result that comes after a cancel is told all the same: what was made must not be
 * forgotten. A throw after a cancel is the cancel, one after the worker's stop is nobody's failure.
 */
export const settle = (ending: Ending, call: Call): Settlement => {
  if (ending.kind === 'timed-out')
    return failedWith({
      code: 'task-timeout',
      retryable: true,
      message: `${call.contract.name} took longer than its timeoutMs of ${call.timeoutMs} ms.`,
    });
  if (ending.kind === 'returned' && !(ending.value instanceof TaskError)) {
    const { value } = ending;
    return value instanceof Pending ? settlePending(value, call) : settleOutput(value, call);
  }
  if (call.abortCause === 'cancelled') return { kind: 'reply', outcome: { outcome: 'cancelled' } };
  if (call.abortCause === 'stopping') return { kind: 'hand-back', delayMs: 0 };
  return failedWith(taskErrorData(ending.kind === 'threw' ? ending.thrown : ending.value));
};

// The rule for a command that arrives: run it, answer it at once, drop it or give it back. Pure.
import type { ErrorData, ProgressBody } from '@pawl/core';

/** What a worker knows when a command arrives. Times in ms since 1970. */
export interface Arrival {
  readonly now: number;
  readonly storedAt: number;
  readonly decidedAt: number;
  readonly deadlineAt: number;
  /** 1 for the first. */
  readonly deliveryCount: number;
  readonly isCancelled: boolean;
  /** The same command is running in this worker. */
  readonly isRunningHere: boolean;
  /** A command that may end its worker is running in this worker, apart from its like. */
  readonly isSuspectRunning: boolean;
  readonly hasTask: boolean;
  readonly service: string;
  readonly task: string;
}

/** What it finds out when the arrival is suspicious. */
export interface Inquiry {
  readonly progress: ProgressBody | undefined;
  /** Does the actor still wait for this generation? `unknown`: no host answered. */
  readonly pending: 'yes' | 'no' | 'unknown';
}

/** What to do with it. */
export type Admission =
  | { readonly kind: 'run' }
  /** Run, with a mark before it: an earlier run had no end. */
  | { readonly kind: 'run-again' }
  /** The same, and never together with another that may end its worker. */
  | { readonly kind: 'run-alone' }
  /** Acknowledge only: nobody waits. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'hand-back'; readonly delayMs: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** A command older than this may be one that a late host published again. */
const OLD_MS = 30_000;
const NO_ANSWER_DELAY_MS = 1_500;
const RUNNING_HERE_DELAY_MS = 5_000;
const CRASHES_MAX = 3;
/**
 * A task that ends its process takes its neighbours with it, and all come again at the same time.
 * The last try is made apart from the other suspects, so that only the culprit fails it.
 */
const CRASHES_ALONE = CRASHES_MAX - 1;
const SUSPECT_DELAY_MS = 1_000;
const TASK_MISSING_MAX = 5;
const TASK_MISSING_DELAYS_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Was it delivered before, or is it so old that nobody may wait for it any more? */
export const isSuspicious = (arrival: Arrival): boolean =>
  arrival.deliveryCount > 1 ||
  arrival.storedAt - arrival.decidedAt > OLD_MS ||
  arrival.now - arrival.storedAt > OLD_MS;

/**
 * How often the command ended its worker, as far as one can tell: deliveries that ended neither
 * with an answer, a poll nor a hand-back. The first of them is taken for a run; of the later ones,
 * which are marked before they run, only the marked ones count: a command that only waited in a
 * worker while another ended it has done nothing.
 */
export const crashesOf = (deliveryCount: number, progress: ProgressBody | undefined): number => {
  const { pendingDelivery = 0, handedBack = 0, starts = 0 } = progress ?? {};
  return Math.min(deliveryCount - 1 - pendingDelivery - handedBack, 1 + starts);
};

const taskMissing = ({ service, task, deliveryCount }: Arrival): ErrorData => ({
  code: 'task-missing',
  retryable: false,
  message:
    `A worker of ${service} got ${task} ${deliveryCount} times without having such a task. ` +
    'Start a worker that serves it, or send the actor on.',
});

const workerCrashed = ({ task }: Arrival, crashes: number): ErrorData => ({
  code: 'worker-crashed',
  retryable: false,
  message:
    `${task} was given to a worker ${crashes} times and no answer came: it ends its worker, ` +
    'or blocks it for longer than the ack wait. It was not run again.',
});

const deadlineExceeded = ({ task, deadlineAt, now }: Arrival): ErrorData => ({
  code: 'deadline-exceeded',
  retryable: false,
  message: `${task} reached a worker ${now - deadlineAt} ms after its deadline and was not run.`,
});

/**
 * Decides. `inquiry` is needed for a suspicious arrival only. A task that this worker lacks may be
 * known to another one (a rolling deployment): it is given back five times, half a minute in all,
 * before it is answered as missing.
 */
export const admit = (arrival: Arrival, inquiry?: Inquiry): Admission => {
  if (arrival.isRunningHere) return { kind: 'hand-back', delayMs: RUNNING_HERE_DELAY_MS };
  if (arrival.isCancelled) return { kind: 'cancelled' };
  if (inquiry?.pending === 'no') return { kind: 'drop' };
  if (arrival.now >= arrival.deadlineAt)
    return { kind: 'failed', error: deadlineExceeded(arrival) };
  if (inquiry?.pending === 'unknown') return { kind: 'hand-back', delayMs: NO_ANSWER_DELAY_MS };
  if (!arrival.hasTask) {
    const handedBack = inquiry?.progress?.handedBack ?? 0;
    return handedBack >= TASK_MISSING_MAX
      ? { kind: 'failed', error: taskMissing(arrival) }
      : { kind: 'hand-back', delayMs: TASK_MISSING_DELAYS_MS[handedBack] ?? 15_000 };
  }
  const crashes = crashesOf(arrival.deliveryCount, inquiry?.progress);
  if (crashes >= CRASHES_MAX) return { kind: 'failed', error: workerCrashed(arrival, crashes) };
  if (crashes < CRASHES_ALONE) return { kind: crashes > 0 ? 'run-again' : 'run' };
  return arrival.isSuspectRunning
    ? { kind: 'hand-back', delayMs: SUSPECT_DELAY_MS }
    : { kind: 'run-alone' };
};

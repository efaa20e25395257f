// Failures that a task words itself: a code of its own, and whether another attempt makes sense.
import { errorDataOf, hasBrand, PawlError, setBrand, type ErrorData } from '@pawl/core';

/** Options of a failure. */
export interface TaskErrorOptions {
  /** May the statechart's retry policy try again? */
  readonly retryable?: boolean;
  /** Structured facts about the failure: JSON data. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('pawl.TaskError');

/**
 * A failure with a code that the task chose. Throw it or return it. `instanceof` knows those of
 * another copy of this package, too.
 */
export class TaskError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasBrand(value, BRAND);
  }

  override readonly name: string = 'TaskError';
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: TaskErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
    this.details = options.details;
  }
}
setBrand(TaskError.prototype, BRAND);

/** A failure that another attempt may mend (unless told otherwise): throw it or return it. */
export const failed = (code: string, message: string, options: TaskErrorOptions = {}): TaskError =>
  new TaskError(code, message, options);

/** A failure that no other attempt can mend: throw it or return it. */
export const permanentError = (
  code: string,
  message: string,
  options: Omit<TaskErrorOptions, 'retryable'> = {},
): TaskError => new TaskError(code, message, { ...options, retryable: false });

const saysPermanent = (thrown: unknown): boolean =>
  typeof thrown === 'object' &&
  thrown !== null &&
  'retryable' in thrown &&
  thrown.retryable === false;

/** Whatever a task threw, as the error of its reply. Retryable unless it says otherwise. */
export const taskErrorData = (thrown: unknown): ErrorData => {
  if (thrown instanceof PawlError) return errorDataOf(thrown);
  if (!(thrown instanceof TaskError))
    return { ...errorDataOf(thrown), retryable: !saysPermanent(thrown) };
  const { code, message, retryable, details } = thrown;
  return { code, message, retryable, ...(details !== undefined && { details }) };
};

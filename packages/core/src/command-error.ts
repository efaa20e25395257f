// The error of a command, remote actor or machine as the statechart sees it in onError.
import type { ErrorData } from './errors.ts';

/** What `commandError` reads from the event of an `onError`. */
export interface CommandError {
  /** A Pawl code, or the code that the task chose. */
  readonly code: string;
  readonly message: string;
  /** Attempts that were made. */
  readonly attempt: number;
  /** Would another try have been allowed? */
  readonly retryable: boolean;
}

/** Error data of a command with the number of attempts. */
export interface FailedCommand extends ErrorData {
  readonly attempt: number;
}

function messageOf(this: FailedCommand): string {
  return this.message;
}

/**
 * The `error` of an error event: plain data, with a hidden `toString` so that
 * `String(event.error)` is its message. The hidden part does not survive encoding; a step that
 * keeps
 * the object in its context keeps a copy without it.
 */
export const failedCommand = (error: ErrorData, attempt: number): FailedCommand => {
  const failed: FailedCommand = { ...error, attempt };
  Object.defineProperty(failed, 'toString', { value: messageOf, enumerable: false });
  return failed;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * Reads the error of an `onError` event: `assign({ error: ({ event }) =>
 * commandError(event).message })`.
 */
export const commandError = (event: {
  readonly type: string;
  readonly error?: unknown;
}): CommandError => {
  const error = isRecord(event.error) ? event.error : { message: String(event.error) };
  const { code, message, attempt, retryable } = error;
  return {
    code: typeof code === 'string' ? code : 'step-failed',
    message: typeof message === 'string' ? message : String(message),
    attempt: typeof attempt === 'number' ? attempt : 1,
    retryable: retryable === true,
  };
};

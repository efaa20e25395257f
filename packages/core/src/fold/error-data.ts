// What was thrown inside a machine, as data.
import { errorDataOf, type ErrorData } from '../errors.ts';
import { toPlain } from '../json-data.ts';

const dataOfError = (error: unknown): ErrorData => {
  const isRunaway = error instanceof Error && error.message.startsWith('Infinite loop detected');
  return errorDataOf(error, isRunaway ? 'runaway-step' : 'step-failed');
};

/** JSON data stays as it was thrown; all else, such as an `Error`, becomes its code and message. */
export const thrownDataOf = (thrown: unknown): unknown => {
  if (thrown === undefined) return undefined;
  try {
    return toPlain(thrown, 'the error').value;
  } catch {
    return dataOfError(thrown); // No JSON data: that is the question asked here.
  }
};

/** The same as the error of a fault: what has a code and a message stays, all else gets them. */
export const faultDataOf = (thrown: unknown): ErrorData => {
  const data = thrownDataOf(thrown);
  const isErrorData =
    typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
  return isErrorData ? (data as ErrorData) : dataOfError(thrown);
};

/** The error of a child machine is kept as data. */
export const writeError = (value: object): Readonly<Record<string, unknown>> | undefined =>
  value instanceof Error ? { ...faultDataOf(value) } : undefined;

// The refusal of a backfill that is too large: by the machine, and by the task that looks up times.
import type { ErrorData } from '../errors.ts';

/** `schedule-invalid`: a range, in ms since 1970, has more times than a backfill may. */
export const tooManyTimes = (max: number, from: number, to: number): ErrorData => ({
  code: 'schedule-invalid',
  message:
    `There are more than ${max} times between ${new Date(from).toISOString()} and ` +
    `${new Date(to).toISOString()}: backfill a part at a time.`,
  retryable: false,
});

// Spans of time in declarations of schedules.
import { parseSpan } from '../duration.ts';
import { PawlError } from '../errors.ts';

/** A span in whole ms: a number, or text such as `10m` and `1h30m`. Throws `schedule-invalid`. */
export const spanMs = (what: string, span: number | string): number => {
  const ms = parseSpan(span);
  if (ms === undefined)
    throw new PawlError(
      'schedule-invalid',
      `${what} is ${JSON.stringify(span)}: give ms as a number, or text such as '90s', '10m', ` +
        `'1h30m', '1d'.`,
    );
  return Math.round(ms);
};

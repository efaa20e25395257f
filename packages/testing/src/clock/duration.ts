// Spans of time as text: '10m', '1h30m', '250ms'.
import { parseSpan, PawlError } from '@pawl/core';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** A span of time: milliseconds as a number, or text such as `10m`, `1.5h` and `1h30m`. */
export type Duration =
  | number
  | `${number}${Unit}`
  | `${number}${Unit}${number}${Unit}`
  | `${number}d${number}h${number}m`;

/** A duration in ms. Throws `invalid-input` when it is negative, not finite or not readable. */
export const durationMs = (duration: Duration): number => {
  const ms = parseSpan(duration);
  if (ms === undefined)
    throw new PawlError(
      'invalid-input',
      `${JSON.stringify(duration)} is no duration: use ms as a number, or '10m', '1h30m', '250ms'.`,
    );
  return ms;
};

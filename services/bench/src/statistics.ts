// Medians and percentiles of measured values.

const sorted = (values: readonly number[]): readonly number[] =>
  values.toSorted((one, other) => one - other);

/** The smallest value that at least the share `share` (0 to 1) of the values do not exceed. */
export const percentile = (values: readonly number[], share: number): number => {
  const index = Math.max(Math.ceil(values.length * share) - 1, 0);
  return sorted(values)[index] ?? Number.NaN;
};

/** The median; between two values their mean. */
export const median = (values: readonly number[]): number => {
  const ordered = sorted(values);
  const middle = ordered.length / 2;
  const upper = ordered[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((ordered[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
};

/** Rounded to so many digits after the point. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

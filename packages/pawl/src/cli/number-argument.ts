// Numbers and durations on the command line.
import { UsageError } from './usage-error.ts';

/** Parses a whole number of at least `min`. For commander's `argParser`. */
export const wholeNumber =
  (name: string, min: number) =>
  (text: string): number => {
    const number = Number(text);
    if (text.trim() === '' || !Number.isInteger(number) || number < min)
      throw new UsageError(`${name} ${text}: it must be a whole number of at least ${min}.`);
    return number;
  };

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Parses `500ms`, `10s`, `2m`, `1h`, `3d`; a bare number is seconds. Result in ms. */
export const duration =
  (name: string) =>
  (text: string): number => {
    const [, amount = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
    if (amount === '') throw new UsageError(`${name} ${text}: write 500ms, 10s, 2m, 1h or 3d.`);
    return Number(amount) * (UNIT_MS[unit] ?? 1000);
  };

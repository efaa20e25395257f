// Repeatable randomness: each number depends on the seed and on what it is for, not on call order.
import { createHash } from 'node:crypto';

type Word = string | number;

/** Numbers and ids that are the same for the same seed and the same words. */
export interface Seeded {
  /** A number in [0, 1). */
  fraction(...words: Word[]): number;
  /** Lower-case hexadecimal digits, at most 64. */
  hex(length: number, ...words: Word[]): string;
  /** An id in the form of a UUID, version 4. */
  uuid(...words: Word[]): string;
}

/**
 * Creates the randomness of one simulator.
 * A keyed hash instead of a sequence: two calls that arrive in another order still get their own
 * numbers, so a concurrent test repeats.
 */
export const createSeeded = (seed: number): Seeded => {
  const digest = (words: Word[]): Buffer =>
    createHash('sha256')
      .update(JSON.stringify([seed, ...words]))
      .digest();
  const hex = (length: number, ...words: Word[]): string =>
    digest(words).toString('hex').slice(0, length);
  return {
    fraction: (...words) => digest(words).readUIntBE(0, 6) / 2 ** 48,
    hex,
    uuid: (...words) => {
      const digits = hex(32, ...words);
      const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) % 4];
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20),
      ].join('-');
    },
  };
};

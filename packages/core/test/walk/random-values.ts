// Random data of events: what texts, numbers and nesting can do to a codec and to a fold.
import type { Random } from './random.ts';

const nested = (depth: number): unknown => {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

/** Deeper than what may go over the wire, and than encoders can write. */
const TOO_DEEP = 1500;

/** A text that machines take for a number: what they emit of it is not JSON. */
export const NO_NUMBER = 'abc';

/** A value as JSON text could bring it. Most are numbers, so that machines get on. */
export const randomValue = (random: Random, step: number): unknown => {
  if (random.chance(0.01)) return NO_NUMBER;
  if (random.chance(0.6)) return step;
  return random.pick<() => unknown>([
    () => `about __proto__ ${step}`,
    () => '\ud83d half',
    () => '\u{1F600} whole',
    () => ({ text: 'inside', list: [{ step }, null, true], constructor: 'a key' }),
    () => -0,
    () => nested(20),
    () => nested(TOO_DEEP),
    () => [step],
  ])();
};

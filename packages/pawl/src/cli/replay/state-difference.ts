// Where two states differ, by field.
import { isDeepStrictEqual } from 'node:util';

/** A state as JSON says it: what is undefined is not there. */
const asJson = (state: object): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(state)) as Readonly<Record<string, unknown>>;

/** Names of the fields that differ. */
export const differencesBetween = (one: object, other: object): readonly string[] => {
  const [left, right] = [asJson(one), asJson(other)];
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].filter((field) => !isDeepStrictEqual(left[field], right[field]));
};

// Inputs and events on the command line: JSON, key=value words, or `-` for JSON from stdin.
import { UsageError } from './usage-error.ts';

const parseJson = (text: string, source: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${source} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
};

const refuseProto = (key: string): void => {
  if (key === '__proto__') throw new UsageError('The key __proto__ is refused everywhere.');
};

/** `20` is a number, `true` a boolean, `{…}` an object; what is not JSON is text. */
const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text; // Not JSON: that is the rule for text without quotes.
  }
};

const parsePairs = (words: readonly string[]): Record<string, unknown> => {
  const data: Record<string, unknown> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw new UsageError(
        `${JSON.stringify(word)} is neither key=value nor one JSON value: write size=20, or ` +
          `'{"size":20}', or - and the JSON on stdin.`,
      );
    const key = word.slice(0, equals);
    refuseProto(key);
    if (Object.hasOwn(data, key)) throw new UsageError(`The key ${key} is given twice.`);
    data[key] = valueOf(word.slice(equals + 1));
  }
  return data;
};

const looksLikeJson = (word: string): boolean => /^\s*[{["]/.test(word) || valueOf(word) !== word;

/** Reads data off the command line. No words: `{}`. Throws UsageError. */
export const readData = async (
  words: readonly string[],
  readInput: () => Promise<string>,
): Promise<unknown> => {
  const [first] = words;
  if (first === undefined) return {};
  if (words.length > 1) return parsePairs(words);
  if (first === '-') return parseJson(await readInput(), 'What stdin has');
  return looksLikeJson(first) ? parseJson(first, 'The argument') : parsePairs(words);
};

/** Reads the fields of an event: an object, without `type`. Throws UsageError. */
export const readFields = async (
  words: readonly string[],
  readInput: () => Promise<string>,
): Promise<Record<string, unknown>> => {
  const data = await readData(words, readInput);
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new UsageError(`An event's data is an object, not ${JSON.stringify(data)}.`);
  const { type, ...fields } = data as Record<string, unknown>;
  if (type !== undefined)
    throw new UsageError('The event type stands before the data, not among it.');
  return fields;
};

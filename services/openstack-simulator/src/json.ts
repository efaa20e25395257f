// Reading of request bodies whose shape nobody has checked yet.
import { Refusal } from './refusal.ts';

/** A JSON object whose values are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (no array, not null). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object below a key, undefined where there is none. */
export const objectAt = (value: unknown, key: string): JsonObject | undefined => {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : undefined;
};

/** The string below a key, undefined where there is none. */
export const stringAt = (value: unknown, key: string): string | undefined => {
  const inner = isObject(value) ? value[key] : undefined;
  return typeof inner === 'string' ? inner : undefined;
};

/** OpenStack's words for a value that its request schema does not accept. */
export const invalidInput = (field: string, value: unknown, why: string): Refusal =>
  new Refusal(
    400,
    `Invalid input for field/attribute ${field}. Value: ${JSON.stringify(value)}. ${why}`,
  );

/** The body's one top-level object, such as `server`; refused where it is missing. */
export const requiredObject = (body: unknown, key: string): JsonObject => {
  const inner = objectAt(body, key);
  if (inner) return inner;
  throw invalidInput(key, isObject(body) ? body[key] : body, `'${key}' must be an object`);
};

/** Metadata of a resource: strings of at most 255 characters, by name. */
export const metadataOf = (value: unknown): Record<string, string> => {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalidInput('metadata', value, 'It is not an object');
  const metadata: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalidInput(name, text, 'It is not a string');
    if (text.length > 255) throw invalidInput(name, text, 'It is longer than 255 characters');
    metadata.push([name, text]);
  }
  return Object.fromEntries(metadata);
};

/** Null or an absent key becomes undefined; anything but a string is refused. */
export const optionalString = (source: JsonObject, key: string): string | undefined => {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidInput(key, value, 'It is not a string');
  return value;
};

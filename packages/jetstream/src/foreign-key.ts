// A key of a bucket whose message Pawl did not write: named, and left out of what is read.
import { PawlError } from '@pawl/core';
import type { StoredMessage } from './stored-messages.ts';

/** A message that somebody else has put into a bucket. */
export interface ForeignKey {
  readonly bucket: string;
  readonly key: string;
  /** What cannot be read of it. */
  readonly why: string;
}

/** Fields of a JSON object, as far as they were looked at. */
type Fields = Readonly<Record<string, unknown>>;

type RecordCheck = (fields: Fields) => boolean;

const hasText =
  (...names: readonly string[]): RecordCheck =>
  (fields) =>
    names.every((name) => typeof fields[name] === 'string');

/** What the registry's records must have at least, by the first token of their keys. */
const RECORDS: Readonly<Record<string, RecordCheck>> = {
  machine: ({ record }) =>
    hasText('type', 'version', 'service')((record ?? {}) as Fields) &&
    Array.isArray((record as Fields)['commands']),
  task: hasText('service', 'name'),
  schedule: hasText('name'),
  owner: hasText('service'),
  pause: ({ until }) => typeof until === 'number',
  consumers: (types) => Array.isArray(types),
};

/** Is this the key of a record, which `readRecord` reads? */
export const isRecordKey = (key: string): boolean =>
  Object.hasOwn(RECORDS, key.split('.', 1)[0] ?? '');

const parsed = ({ body }: StoredMessage): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
};

/** Reads a record of the registry. Throws `invalid-body`, which names the key and the way out. */
export const readRecord = <Value>(bucket: string, key: string, message: StoredMessage): Value => {
  const value = parsed(message);
  const isRight = RECORDS[key.split('.', 1)[0] ?? ''];
  if (typeof value === 'object' && value !== null && isRight?.(value as Fields))
    return value as Value;
  throw new PawlError(
    'invalid-body',
    `The key ${key} of ${bucket} does not hold what Pawl writes there. ` +
      `Remove it: nats kv del ${bucket} ${key}`,
    { details: { bucket, key } },
  );
};

/** What could be read of some messages, and the keys of the others. */
export interface Sorted<Value> {
  readonly values: readonly Value[];
  readonly foreign: readonly ForeignKey[];
}

/** Reads each message; what cannot be read is foreign. */
export const sortForeign = <Value>(
  messages: readonly StoredMessage[],
  bucket: string,
  keyOf: (subject: string) => string,
  read: (message: StoredMessage) => Value,
): Sorted<Value> => {
  const values: Value[] = [];
  const foreign: ForeignKey[] = [];
  for (const message of messages) {
    const key = keyOf(message.subject);
    try {
      values.push(read(message));
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      foreign.push({ bucket, key, why: error.message });
    }
  }
  return { values, foreign };
};

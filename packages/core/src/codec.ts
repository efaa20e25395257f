// Bodies: one MessagePack map or one JSON object. The first byte that is not white space tells.
import { Packr, Unpackr } from 'msgpackr';
import type { Body } from './entry.ts';
import { PawlError } from './errors.ts';

// Without structured clone: one object in many places would take as long to walk as its tree.
const options = { useRecords: false, int64AsType: 'number', structuredClone: false } as const;
const packr = new Packr({ ...options, mapsAsObjects: true });
const unpackr = new Unpackr({ ...options, mapsAsObjects: true });
/** Keeps every key as it was packed. */
const mapUnpackr = new Unpackr({ ...options, mapsAsObjects: false });
const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** Encodes a body as MessagePack. The value must be JSON data (`checkJsonData`). */
export const encodeBody = (body: unknown): Uint8Array => packr.pack(body);

/** Encodes a body as JSON text. */
export const encodeJson = (body: unknown): Uint8Array => Buffer.from(JSON.stringify(body));

/** White space that JSON allows before a value, and the byte order mark. */
const startOf = (bytes: Uint8Array): number => {
  let index = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return index;
};

const OPENING_BRACE = 0x7b;

/**
 * Decodes a body. Throws `invalid-body` when it is neither a MessagePack map nor a JSON object,
 * and `forbidden-key` when a key is `__proto__`.
 */
export const decodeBody = (bytes: Uint8Array): Body => {
  const start = startOf(bytes);
  const value = bytes[start] === OPENING_BRACE ? parseJson(bytes, start) : unpack(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PawlError('invalid-body', 'The body must be one MessagePack map or one JSON object.');
  return value as Body;
};

const parseJson = (bytes: Uint8Array, start: number): unknown => {
  const text = decodeText(start === 0 ? bytes : bytes.subarray(start));
  try {
    return /__proto__|\\u/.test(text) ? JSON.parse(text, refuseProto) : JSON.parse(text);
  } catch (error) {
    if (error instanceof PawlError) throw error;
    throw new PawlError('invalid-body', `The body is not JSON: ${messageOf(error)}.`);
  }
};

const decodeText = (bytes: Uint8Array): string => {
  try {
    return textDecoder.decode(bytes);
  } catch {
    throw new PawlError('invalid-body', 'The body is not UTF-8 text.');
  }
};

function refuseProto(this: unknown, key: string, value: unknown): unknown {
  if (key === '__proto__') throw new PawlError('forbidden-key', 'The key __proto__ is refused.');
  return value;
}

const PROTO_TEXT = '__proto__';

/** In a tree of maps and lists. */
const hasProtoKey = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasProtoKey);
  if (!(value instanceof Map)) return false;
  for (const [key, item] of value) if (key === PROTO_TEXT || hasProtoKey(item)) return true;
  return false;
};

const unpack = (bytes: Uint8Array): unknown => {
  try {
    const value: unknown = unpackr.unpack(bytes);
    // As a text it is data like any other. Objects hide the key, which msgpackr renames.
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (raw.includes(PROTO_TEXT) && hasProtoKey(mapUnpackr.unpack(bytes)))
      throw new PawlError('forbidden-key', 'The key __proto__ is refused.');
    return value;
  } catch (error) {
    if (error instanceof PawlError) throw error;
    throw new PawlError('invalid-body', `The body is not MessagePack: ${messageOf(error)}.`);
  }
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

// Message headers to bytes and back, without the cost of the client's MsgHdrs on the hot path.
import { PawlError, type Headers } from '@pawl/core';
import { MsgHdrsImpl, type Msg, type MsgHdrs } from 'nats';

const FIRST_LINE = 'NATS/1.0\r\n';
const LINE_BREAK = /[\r\n]/;

/** Headers that are encoded already: the client only asks for the bytes, while it publishes. */
class EncodedHeaders extends MsgHdrsImpl {
  bytes: Uint8Array = new Uint8Array();

  override encode(): Uint8Array {
    return this.bytes;
  }
}

/** One object for all messages: each would have a Map of its own. */
const encoded = new EncodedHeaders();

const line = (name: string, value: string): string => {
  if (LINE_BREAK.test(value))
    throw new PawlError('invalid-entry', `The header ${name} may not contain a line break.`);
  return `${name}: ${value}\r\n`;
};

/**
 * Encodes headers for one publish, which must follow at once; `undefined` when there are none.
 * `own` are names and values that this package sets. Throws `invalid-entry` when a value has a line
 * break.
 */
export const encodeHeaders = (
  headers: Headers | undefined,
  own: Headers | undefined,
): MsgHdrs | undefined => {
  let text = '';
  for (const name in own) text += line(name, own[name] ?? '');
  for (const name in headers) text += line(name, headers[name] ?? '');
  if (text === '') return undefined;
  encoded.bytes = Buffer.from(`${FIRST_LINE}${text}\r\n`);
  return encoded;
};

/** What a message of the client holds inside: its header block as it came. */
interface RawMessage {
  readonly _msg?: { readonly hdr?: unknown };
  readonly _rdata?: unknown;
}

/**
 * Headers that the server adds on the way out. They are never part of an entry, so a client cannot
 * pass its own for the server's.
 */
export interface ServerHeaders {
  'Nats-Pin-Id'?: string;
  'Nats-Stream'?: string;
  'Nats-Subject'?: string;
  'Nats-Sequence'?: string;
  'Nats-Time-Stamp'?: string;
  'Nats-Num-Pending'?: string;
  'Nats-Last-Sequence'?: string;
}

const SERVER_HEADERS: ReadonlySet<string> = new Set<keyof ServerHeaders>([
  'Nats-Pin-Id',
  'Nats-Stream',
  'Nats-Subject',
  'Nats-Sequence',
  'Nats-Time-Stamp',
  'Nats-Num-Pending',
  'Nats-Last-Sequence',
]);

/** Headers of a message: those of its publisher, and those that the server added. */
export interface SplitHeaders {
  readonly headers: Headers;
  readonly server: ServerHeaders;
}

/** A message's headers as plain data. */
export const splitHeaders = (message: Msg): SplitHeaders => {
  const raw = message as unknown as RawMessage;
  const size = raw._msg?.hdr;
  // The client's decoder costs more than all the rest of a delivery; use it if the inside changes.
  if (typeof size === 'number' && raw._rdata instanceof Uint8Array)
    return size > 0 ? parseHeaderBlock(raw._rdata.subarray(0, size)) : { headers: {}, server: {} };
  const split = { headers: {}, server: {} };
  for (const [name, values] of message.headers ?? [])
    for (const value of values) place(split, name, value);
  return split;
};

/** The headers of a message's publisher. */
export const decodeHeaders = (message: Msg): Headers => splitHeaders(message).headers;

const place = (
  { headers, server }: { headers: Record<string, string>; server: Record<string, string> },
  name: string,
  value: string,
): void => {
  // The server appends, so its own is the last. Of others it looks at the first, and so do we.
  if (name.startsWith('Nats-') && SERVER_HEADERS.has(name)) server[name] = value;
  else if (!Object.hasOwn(headers, name)) headers[name] = value;
};

/** Parses a header block as it stands on the wire or in a stored message. */
export const parseHeaderBlock = (block: Uint8Array): SplitHeaders => {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('utf8');
  const split = { headers: {}, server: {} };
  let start = text.indexOf('\r\n') + 2;
  for (;;) {
    const end = text.indexOf('\r\n', start);
    if (start < 2 || end <= start) return split;
    const colon = text.indexOf(':', start);
    if (colon > start && colon < end)
      place(split, text.slice(start, colon), text.slice(colon + 1, end).trim());
    start = end + 2;
  }
};

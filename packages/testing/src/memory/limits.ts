// What the broker refuses whoever asks: sizes and tokens.
import { PawlError, type Headers, type Subjects } from '@pawl/core';

/** Largest message with its headers, bytes: nats-server's default `max_payload`. */
export const PAYLOAD_BYTES_MAX = 1_048_576;

/** Bytes of a header block as NATS writes it. */
const headerBytes = (headers: Headers): number => {
  const lines = Object.entries(headers);
  if (lines.length === 0) return 0;
  return lines.reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value) + 4, 14);
};

/** Throws `payload-too-large`, as the client library does before anything is sent. */
export const checkPayload = (what: string, body: Uint8Array, headers: Headers = {}): void => {
  const bytes = body.byteLength + headerBytes(headers);
  if (bytes > PAYLOAD_BYTES_MAX)
    throw new PawlError(
      'payload-too-large',
      `${what} has ${bytes} bytes, the broker takes at most ${PAYLOAD_BYTES_MAX}.`,
      { details: { bytes, bytesMax: PAYLOAD_BYTES_MAX } },
    );
};

const LITERAL_TOKEN = /^[^\s.*>]+$/;

/** Throws `broker-refused` when a token would not be one token of a literal subject. */
export const checkTokens = (what: string, tokens: readonly string[]): void => {
  for (const token of tokens)
    if (!LITERAL_TOKEN.test(token))
      throw new PawlError(
        'broker-refused',
        `${what}: ${JSON.stringify(token)} cannot be one token of a subject.`,
      );
};

/** Name of a stream under the prefix of these subjects: `PAWL_JOURNAL`. */
export const streamName = ({ prefix }: Subjects, stream: string): string =>
  `${prefix.toUpperCase().replaceAll('.', '_')}_${stream}`;

/** A copy of bytes: two processes never share memory. */
export const copyBytes = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** A copy of JSON data, as if it had been on the wire. */
export const copyData = <T>(data: T): T => JSON.parse(JSON.stringify(data)) as T;

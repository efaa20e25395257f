// Reads the broker's answer to a publish.
import type { ApiError } from './broker-error.ts';

/** The broker has it. */
export interface PublishAck {
  readonly sequence: number;
  readonly duplicate: boolean;
}

const SEQUENCE_MARK = Buffer.from('"seq":');

/**
 * Reads `{"stream":"X","seq":12}`. Parsed by hand: it is the most frequent message that a host
 * gets; anything but the plain form goes through JSON.
 */
export const parseAck = (bytes: Uint8Array): PublishAck | { readonly error: ApiError } => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = text.indexOf(SEQUENCE_MARK);
  // `{"error":…` has its `e` where `{"stream":…` has its `s`.
  if (mark > 0 && text[2] !== 0x65) {
    let index = mark + SEQUENCE_MARK.length;
    let sequence = 0;
    for (; index < text.length; index += 1) {
      const digit = (text[index] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      sequence = sequence * 10 + digit;
    }
    // `}` right after the number: nothing follows, so no duplicate flag either.
    if (sequence > 0 && text[index] === 0x7d && index === text.length - 1)
      return { sequence, duplicate: false };
  }
  return parseSlowly(text);
};

interface AckBody {
  readonly error?: ApiError;
  readonly seq?: number;
  readonly duplicate?: boolean;
}

const parseSlowly = (text: Buffer): PublishAck | { readonly error: ApiError } => {
  let body: AckBody;
  try {
    body = JSON.parse(text.toString()) as AckBody;
  } catch {
    return { error: { description: `an answer that is no publish ack: ${text.toString()}` } };
  }
  if (body.error) return { error: body.error };
  if (typeof body.seq !== 'number')
    return { error: { description: `a publish ack without a sequence: ${text.toString()}` } };
  return { sequence: body.seq, duplicate: body.duplicate === true };
};

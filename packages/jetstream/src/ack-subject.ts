// Reads the reply subject of a delivery: `$JS.ACK.…`, which tells where the message stands.

/** What the broker says about one delivery. */
export interface AckSubject {
  readonly stream: string;
  readonly consumer: string;
  /** 1 for the first delivery. */
  readonly deliveries: number;
  readonly streamSequence: number;
  readonly consumerSequence: number;
  /** When the message was stored, ms since 1970. */
  readonly time: number;
  /** Messages that wait behind it. */
  readonly pending: number;
}

const TOKENS_V1 = 9;
const TOKENS_V2_MIN = 11;
const NANOS_DIGITS = 6;

/**
 * Parses both forms: `$JS.ACK.<stream>.<consumer>.<n>.<sseq>.<cseq>.<ts>.<pending>`, and with
 * `<domain>.<account hash>` after ACK and possibly a last random token.
 */
export const parseAckSubject = (subject: string): AckSubject | undefined => {
  if (!subject.startsWith('$JS.ACK.')) return undefined;
  const tokens = subject.split('.');
  const isV1 = tokens.length === TOKENS_V1;
  if (!isV1 && tokens.length < TOKENS_V2_MIN) return undefined;
  const at = isV1 ? 2 : 4;
  return {
    stream: tokens[at] ?? '',
    consumer: tokens[at + 1] ?? '',
    deliveries: Number(tokens[at + 2]),
    streamSequence: Number(tokens[at + 3]),
    consumerSequence: Number(tokens[at + 4]),
    // The digits are cut off as text: as a number, nanoseconds would round into the next ms.
    time: Number(tokens[at + 5]?.slice(0, -NANOS_DIGITS)),
    pending: Number(tokens[at + 6]),
  };
};

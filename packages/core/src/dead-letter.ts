// Dead letters: what could not be delivered, and why. All of them fit into a message.
import type { ErrorData } from './errors.ts';
import type { ActorAddress } from './names.ts';

/** A dead letter: what could not be delivered, and why. */
export interface DeadLetter {
  /** `journal-<sequence>`, or the id of a command. */
  readonly id: string;
  readonly actor?: ActorAddress;
  readonly error: { readonly code: string; readonly message: string };
  /** Sequence in the journal, when it stands there. */
  readonly sequence?: number;
  readonly subject?: string;
  /** A LetterBody, or what is known of a success that nobody waited for. */
  readonly body?: unknown;
  readonly time: number;
}

/** A body in a letter: as text, as base64 when it is no text, by its size when it is too large. */
export type LetterBody =
  { readonly text: string } | { readonly base64: string } | { readonly bytes: number };

/** A body may take so many bytes of a letter, as JSON: the broker's default is 1 MiB in all. */
const BODY_BYTES_MAX = 512 * 1024;
/** Characters of a message: schemas may complain at length. */
const MESSAGE_MAX = 4096;

const bytesOf = (data: unknown): number => Buffer.byteLength(JSON.stringify(data));

const readable = (body: Uint8Array): LetterBody => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(body) };
  } catch {
    return { base64: Buffer.from(body).toString('base64') };
  }
};

/** The body of a message as a letter shows it. */
export const letterBodyOf = (body: Uint8Array): LetterBody => {
  const bytes = body.byteLength;
  if (bytes > BODY_BYTES_MAX) return { bytes };
  const letterBody = readable(body);
  return bytesOf(letterBody) > BODY_BYTES_MAX ? { bytes } : letterBody;
};

/** Data as a letter carries it: all of it, or its size as JSON when that is too large. */
export const letterDataOf = <Data extends object>(
  data: Data,
): Data | { readonly bytes: number } => {
  const bytes = bytesOf(data);
  return bytes > BODY_BYTES_MAX ? { bytes } : data;
};

/** The error of a letter, its message cut where it is very long. */
export const letterErrorOf = ({ code, message }: ErrorData): DeadLetter['error'] => ({
  code,
  message: message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}…` : message,
});

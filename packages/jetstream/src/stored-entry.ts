// A message of the journal stream as an entry.
import { parseJournalSubject, type StoredEntry } from '@pawl/core';
import type { StoredMessage } from './stored-messages.ts';

/** Turns a stored message of the journal into an entry; `undefined` for foreign subjects. */
export const entryOf = (message: StoredMessage): StoredEntry | undefined => {
  const subject = parseJournalSubject(message.subject);
  if (subject === undefined) return undefined;
  const { type, id, kind } = subject;
  const { sequence, time, headers, body } = message;
  return { type, id, kindToken: kind, sequence, time, headers, body };
};

// Writes down at the outbox what hosts have refused: they say so by a dead letter.
import {
  errorFields,
  HEADER,
  PawlError,
  type Clock,
  type DeadLetter,
  type Log,
  type Ports,
} from '@pawl/core';
import type { DatabaseSession } from '../database.ts';
import { numberOfMessageId } from './outbox-row.ts';
import type { Bell } from '../bell.ts';

/** What following needs. */
export interface RefusalContext {
  readonly ports: Pick<Ports, 'journal' | 'deadLetters'>;
  readonly session: DatabaseSession;
  readonly clock: Clock;
  readonly log: Log;
  readonly outboxId: string;
  readonly pollMs: number;
  /** Rung by each new letter. */
  readonly bell: Bell;
  readonly isCurrent: () => boolean;
  readonly onRefused: () => void;
}

const PAGE = 100;

const RECORD = `
INSERT INTO pawl.outbox_refused
  (number, kind, type, id, body, class, by, traceparent, sequence, code, message)
VALUES ($1::bigint, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9::bigint, $10, $11)
ON CONFLICT (number) DO NOTHING
RETURNING number`;

/** Records one letter, if it is about a row of this outbox. True when it is new. */
const record = async (context: RefusalContext, letter: DeadLetter): Promise<boolean> => {
  const { ports, session, outboxId } = context;
  if (letter.sequence === undefined) return false;
  const entry = await ports.journal.get(letter.sequence);
  const number = numberOfMessageId(outboxId, entry?.headers[HEADER.messageId] ?? '');
  if (entry === undefined || number === undefined) return false;
  const recorded = await session.execute(RECORD, [
    number,
    entry.kindToken,
    entry.type,
    entry.id,
    Buffer.from(entry.body).toString(),
    entry.headers[HEADER.class] ?? null,
    entry.headers[HEADER.by] ?? null,
    entry.headers[HEADER.traceparent] ?? null,
    letter.sequence,
    letter.error.code,
    letter.error.message,
  ]);
  return recorded.length > 0;
};

/** Records all letters since the last one that was looked at. */
const readOn = async (context: RefusalContext): Promise<void> => {
  const { ports, session, onRefused } = context;
  for (;;) {
    const [state] = await session.execute('SELECT letter_after FROM pawl.outbox_state', []);
    const after = state?.['letter_after'];
    const letters = await ports.deadLetters.list({
      limit: PAGE,
      ...(typeof after === 'string' && { after }),
    });
    for (const letter of letters) if (await record(context, letter)) onRefused();
    const last = letters.at(-1);
    if (last === undefined) return;
    await session.execute('UPDATE pawl.outbox_state SET letter_after = $1', [last.id]);
    if (letters.length < PAGE) return;
  }
};

/** Follows until the session ends. Never rejects. */
export const followRefusals = async (context: RefusalContext): Promise<void> => {
  const { isCurrent, bell, pollMs, log } = context;
  while (isCurrent()) {
    try {
      await readOn(context);
    } catch (error) {
      if (!isCurrent()) return; // The session is gone, and with it the lane.
      const isPassing = error instanceof PawlError && error.retryable;
      log(isPassing ? 'info' : 'warn', 'Dead letters could not be read', errorFields(error));
    }
    await bell.wait(pollMs);
  }
};

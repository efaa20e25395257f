// No acknowledged event is lost, and each is stored once.
import { decodeBody, type StoredEntry } from '@pawl/core';
import type { Evidence } from '../evidence.ts';
import type { LedgerLine } from '../ledger.ts';

/** What the client does not store itself, or is not told of. */
const NOT_STORED = new Set(['load', 'job', 'order', 'plain-create', 'plain-send']);

const isOf = (line: LedgerLine, { headers, body }: StoredEntry): boolean => {
  const id = headers['Nats-Msg-Id'];
  const { messageId } = line;
  if (id === undefined || (id !== messageId && !id.startsWith(`${messageId}~`))) return false;
  return decodeBody(body)['thief'] === undefined;
};

/** What a client was told is in the journal. */
export const keepsAcknowledged = ({ world }: Evidence): readonly string[] => {
  const { journal } = world.broker;
  const { restoredTo, hasForgottenIds } = world;
  const problems: string[] = [];
  for (const line of world.ledger.lines) {
    const { action, end, messageId, isAbandoned } = line;
    if (end === undefined) {
      if (isAbandoned()) continue;
      problems.push(`${messageId}: the call of the client never ended`);
      continue;
    }
    if (NOT_STORED.has(action.kind)) continue;
    const isTaken = end.kind === 'unknown' && end.code === 'actor-exists';
    if (isTaken && !journal.read(action).some(({ kindToken }) => kindToken === 'create'))
      problems.push(`${messageId}: told that the actor exists, and nobody has created it`);
    const stored = journal.read(action).filter((entry) => isOf(line, entry));
    const isTold = end.kind !== 'unknown';
    // What was acknowledged before the journal lost its end may have been in what was lost.
    const isExcused = restoredTo !== undefined && line.startedAt <= world.restoredAt;
    if (isTold && stored.length === 0 && !isExcused)
      problems.push(`${messageId}: acknowledged (${JSON.stringify(end)}) and not in the journal`);
    if (stored.length > 1 && !hasForgottenIds && restoredTo === undefined)
      problems.push(`${messageId}: stored ${stored.length} times`);
  }
  return problems;
};

// Where a fresh consumer over an old journal has to start: below that, snapshots cover everything.
import { addressKey, parseJournalSubject } from '@pawl/core';
import type { Broker } from './broker.ts';
import { scanHeaders } from './header-scan.ts';
import { JetStreamSnapshots } from './snapshots.ts';
import type { StoredMessage } from './stored-messages.ts';

/** Last sequence of each actor, over all kinds of entries. */
const lastByActor = (messages: readonly StoredMessage[]): Map<string, number> => {
  const lasts = new Map<string, number>();
  for (const { subject, sequence } of messages) {
    const address = parseJournalSubject(subject);
    if (address === undefined) continue;
    const key = addressKey(address);
    lasts.set(key, Math.max(lasts.get(key) ?? 0, sequence));
  }
  return lasts;
};

/**
 * First entry of a partition and these types that no snapshot of this journal covers; `undefined`
 * when the partition has no entries. A snapshot at S is written after the effects up to S, so
 * what it covers need not be delivered again.
 */
export const firstUncovered = async (
  broker: Broker,
  partition: number,
  types: readonly string[],
): Promise<number | undefined> => {
  const { created } = await broker.facts();
  const snapshots = new JetStreamSnapshots(broker);
  const journal = broker.messagesOf(broker.names.journal);
  let highest = 0;
  let first = Number.POSITIVE_INFINITY;
  for (const type of types) {
    const filter = broker.subjects.journal(partition, { type, id: '*' }, '*');
    // One cheap question first: on a new journal there is nothing to scan.
    if ((await journal.fromLeader({ seq: 1, next_by_subj: filter })) === undefined) continue;
    const entries = await scanHeaders(broker, broker.names.journal, filter);
    highest = Math.max(highest, ...[...lastByActor(entries).values()]);
    const headers = await snapshots.headers(partition, type);
    const covered = new Map(
      headers
        .filter((header) => header.journal === created)
        .map((header) => [addressKey(header), header.sequence]),
    );
    for (const [key, last] of lastByActor(entries)) {
      const upTo = covered.get(key) ?? 0;
      if (upTo >= last) continue;
      const id = key.slice(type.length + 1);
      const subject = broker.subjects.journal(partition, { type, id }, '*');
      const next = await journal.fromLeader({ seq: upTo + 1, next_by_subj: subject });
      if (next !== undefined) first = Math.min(first, next.sequence);
    }
  }
  if (highest === 0) return undefined;
  return first === Number.POSITIVE_INFINITY ? highest + 1 : first;
};

// Looks for rows among the entries of one actor, each entry once.
import { HEADER, type ActorAddress, type Journal, type StoredEntry } from '@pawl/core';
import { isRow, numberOfMessageId, type OutboxRow } from './outbox-row.ts';

/** What is known of one actor's entries. */
export class EntrySearch {
  readonly #journal: Pick<Journal, 'read'>;
  readonly #outboxId: string;
  /** Entries with an id of this outbox, by row number. */
  readonly #found = new Map<number, StoredEntry[]>();
  readonly #lastOfKind = new Map<string, number>();
  #searchedUpTo = 0;

  constructor(journal: Pick<Journal, 'read'>, outboxId: string) {
    this.#journal = journal;
    this.#outboxId = outboxId;
  }

  /** Reads what has come since the last time. */
  async readOn(actor: ActorAddress): Promise<void> {
    const from = this.#searchedUpTo + 1;
    for (const entry of await this.#journal.read(actor, { from })) {
      this.#searchedUpTo = entry.sequence;
      this.#lastOfKind.set(entry.kindToken, entry.sequence);
      const number = numberOfMessageId(this.#outboxId, entry.headers[HEADER.messageId] ?? '');
      if (number === undefined) continue;
      this.#found.set(number, [...(this.#found.get(number) ?? []), entry]);
    }
  }

  /** Is the row there? */
  has(row: OutboxRow): boolean {
    const found = this.#found.get(row.number) ?? [];
    return found.some((entry) => isRow(this.#outboxId, row, entry));
  }

  /** Sequence of the last entry of a kind; 0 when there is none. */
  lastOf(kind: string): number {
    return this.#lastOfKind.get(kind) ?? 0;
  }
}

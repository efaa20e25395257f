// Publishes one row so that it is in the journal once, whatever was lost on the way.
import {
  addressKey,
  HEADER,
  PawlError,
  type Clock,
  type ErrorCode,
  type ErrorData,
  type Headers,
  type Log,
  type OutgoingEntry,
  type Ports,
} from '@pawl/core';
import { EntrySearch } from './entry-search.ts';
import { isRow, rowMessageId, saltedId, type OutboxRow } from './outbox-row.ts';
import { pause } from '../bell.ts';

/** What publishing needs. */
export interface PublishContext {
  readonly ports: Pick<Ports, 'journal'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly outboxId: string;
  /** Is the lane of the row still this relay's? Nothing is published when it is not. */
  readonly isCurrent: () => boolean;
  /**
   * Resolves when the database has said within the last half minute that the lanes are this
   * relay's: nobody else can then have published a row for longer than the broker remembers ids.
   */
  readonly confirm: () => Promise<void>;
  /** The version that a new actor of the type gets; undefined: the holder decides. */
  readonly versionFor: (type: string) => Promise<string | undefined>;
}

/** What is known about a row before it is published. */
export interface RowDoubt {
  /** It may be in the journal since before this relay had it. */
  readonly mayBeStored: boolean;
}

/** How it ended; undefined: the lane was lost. */
export type RowOutcome = { readonly refusal?: ErrorData } | undefined;

/** The broker remembers ids for two minutes. */
const REPEAT_MAX_MS = 60_000;
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 2_000;

/** The same publish would fail again, whoever tries. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'payload-too-large',
  'not-authorized',
  'invalid-type',
  'invalid-id',
  'actor-exists',
]);

/** Publishes rows of one actor, one after the other. */
export class RowPublisher {
  readonly #context: PublishContext;
  readonly #search: EntrySearch;

  constructor(context: PublishContext) {
    this.#context = context;
    this.#search = new EntrySearch(context.ports.journal, context.outboxId);
  }

  /** Publishes until the journal has it, or says that it never will. */
  async publish(row: OutboxRow, { mayBeStored }: RowDoubt): Promise<RowOutcome> {
    const { clock, log, isCurrent, confirm } = this.#context;
    let firstTriedAt = mayBeStored ? Number.NEGATIVE_INFINITY : undefined;
    let salt = 0;
    for (let failures = 0; isCurrent();) {
      await confirm();
      if (!isCurrent()) return undefined;
      const triedAt = clock.now();
      const isLate = firstTriedAt !== undefined && triedAt - firstTriedAt > REPEAT_MAX_MS;
      try {
        if (await (isLate ? this.#publishLate(row, salt) : this.#publishOnce(row, salt))) return {};
        salt += 1; // Somebody else's message has the id.
      } catch (error) {
        if (!(error instanceof PawlError)) throw error;
        const { code, message } = error;
        if (REFUSALS.has(code)) return { refusal: { code, message } };
        if (code === 'sequence-conflict') continue; // Look again at what is there.
        if (code !== 'no-connection') firstTriedAt ??= triedAt;
        failures += 1;
        if (failures % 100 === 5)
          log('warn', `Row ${row.number} for ${addressKey(row)} is not published yet`, {
            error: message,
          });
        await pause(clock, Math.min(PAUSE_MIN_MS * 2 ** failures, PAUSE_MAX_MS));
      }
    }
    return undefined;
  }

  /** The fast way: the broker itself sees a repeat. False: the id is taken. */
  async #publishOnce(row: OutboxRow, salt: number): Promise<boolean> {
    return this.#append(row, salt, row.kind === 'create' ? 0 : undefined);
  }

  /**
   * The careful way, when the broker may have forgotten the id: look for it among the actor's
   * entries, and append only if none of its kind has come since.
   */
  async #publishLate(row: OutboxRow, salt: number): Promise<boolean> {
    await this.#search.readOn(row);
    if (this.#search.has(row)) return true;
    return this.#append(row, salt, row.kind === 'create' ? 0 : this.#search.lastOf(row.kind));
  }

  async #append(row: OutboxRow, salt: number, expected: number | undefined): Promise<boolean> {
    const { journal } = this.#context.ports;
    const entry: OutgoingEntry = {
      type: row.type,
      id: row.id,
      kindToken: row.kind,
      body: row.body,
      headers: row.kind === 'create' ? await this.#birthHeaders(row) : row.headers,
      messageId: saltedId(rowMessageId(this.#context.outboxId, row), salt),
      ...(expected !== undefined && { expectedLastSequence: expected }),
    };
    try {
      const { sequence, duplicate } = await journal.append(entry);
      if (!duplicate) return true;
      // Only the entry itself tells whether the id is this row's or was taken by another.
      const stored = await journal.get(sequence);
      return stored !== undefined && isRow(this.#context.outboxId, row, stored);
    } catch (error) {
      const isLost = error instanceof PawlError && error.code === 'sequence-conflict';
      if (!isLost || row.kind !== 'create') throw error;
      // A create that lost: to itself, told twice, or to another one.
      await this.#search.readOn(row);
      if (this.#search.has(row)) return true;
      throw new PawlError(
        'actor-exists',
        `${addressKey(row)} has been created before, and not by row ${row.number} of this outbox.`,
      );
    }
  }

  async #birthHeaders({ type, headers }: OutboxRow): Promise<Headers> {
    const version = await this.#context.versionFor(type);
    return version === undefined ? headers : { ...headers, [HEADER.version]: version };
  }
}

// A row of the outbox as the relay holds it, and its message id.
import { addressKey, HEADER } from '@pawl/core';
import type { ActorAddress, Headers, StoredEntry } from '@pawl/core';
import type { Row } from '../database.ts';

/** An event or a birth that waits to be published. */
export interface OutboxRow extends ActorAddress {
  readonly number: number;
  readonly lane: number;
  readonly kind: 'event' | 'create';
  /** The body as JSON text, as the database writes it: the same each time. */
  readonly body: Uint8Array;
  readonly headers: Headers;
}

/** Columns that `outboxRowOf` reads. */
export const ROW_COLUMNS =
  'number, lane, kind, type, id, body::text AS body, class, by, traceparent';

/** Reads a row. */
export const outboxRowOf = (row: Row): OutboxRow => {
  const { class: queueClass, by, traceparent } = row;
  return {
    number: Number(row['number']),
    lane: Number(row['lane']),
    kind: row['kind'] === 'create' ? 'create' : 'event',
    type: String(row['type']),
    id: String(row['id']),
    body: Buffer.from(String(row['body'])),
    headers: {
      ...(typeof queueClass === 'string' && { [HEADER.class]: queueClass }),
      ...(typeof by === 'string' && { [HEADER.by]: by }),
      ...(typeof traceparent === 'string' && { [HEADER.traceparent]: traceparent }),
    },
  };
};

/** The message id of a row: in the actor's namespace, and of this outbox alone. */
export const rowMessageId = (outboxId: string, row: ActorAddress & { number: number }): string =>
  `${addressKey(row)}/outbox-${outboxId}-${row.number}`;

/** The number of the row that an id of this outbox names, salted or not. */
export const numberOfMessageId = (outboxId: string, messageId: string): number | undefined => {
  const mark = `/outbox-${outboxId}-`;
  const start = messageId.indexOf(mark);
  if (start < 0) return undefined;
  const [, number] = /^(\d+)(?:~\d+)?$/.exec(messageId.slice(start + mark.length)) ?? [];
  return number === undefined ? undefined : Number(number);
};

/** The id with a salt, for when somebody else's message has the plain one. */
export const saltedId = (id: string, salt: number): string => (salt === 0 ? id : `${id}~${salt}`);

/** Is this entry of the journal the row: its id, salted or not, its actor, kind and body? */
export const isRow = (outboxId: string, row: OutboxRow, entry: StoredEntry): boolean =>
  entry.headers[HEADER.messageId]?.replace(/~\d+$/, '') === rowMessageId(outboxId, row) &&
  entry.type === row.type &&
  entry.id === row.id &&
  entry.kindToken === row.kind &&
  Buffer.compare(entry.body, row.body) === 0;

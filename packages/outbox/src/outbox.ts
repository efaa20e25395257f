// The outbox: events and births that leave if and only if the caller's transaction commits.
import {
  checkAddress,
  checkJsonData,
  PawlError,
  type ActorAddress,
  type EventBody,
  type QueueClass,
  type Registry,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import { createEventCheck } from './event-check.ts';
import type { Sql } from './database.ts';

/** What goes along with an event. */
export interface OutboxSendOptions {
  /** Queue class of the commands that it causes. */
  readonly class?: QueueClass;
  /** Who claims to send it. */
  readonly by?: string;
  /** The W3C trace context. */
  readonly traceparent?: string;
}

/** Options of `createOutbox`. */
export interface OutboxOptions {
  /** Machines at hand: events and inputs are checked against their schemas. Default none. */
  readonly machines?: readonly AnyStateMachine[];
  /**
   * The registry, for types whose machine is not at hand. Without it, or while it cannot be
   * reached, the host checks alone. Default none.
   */
  readonly registry?: Pick<Registry, 'machines'>;
  /** Largest body, bytes: what nats-server takes, less the headers. Default 1,000,000. */
  readonly bytesMax?: number;
}

/** Sends by way of the database. */
export interface Outbox {
  /**
   * Sends an event when `sql`'s transaction commits. Throws, and so fails the transaction, when
   * the event cannot be one: `invalid-type`, `invalid-id`, `invalid-event`, `unknown-event`,
   * `unknown-type`, `not-json-data`, `payload-too-large`.
   */
  send(sql: Sql, actor: ActorAddress, event: EventBody, options?: OutboxSendOptions): Promise<void>;
  /** Creates an actor when `sql`'s transaction commits. Throws as `send`, and `invalid-input`. */
  create(
    sql: Sql,
    actor: ActorAddress,
    input?: unknown,
    options?: OutboxSendOptions,
  ): Promise<void>;
}

const BYTES_MAX = 1_000_000;

const SEND = 'SELECT pawl.send($1::text, $2::text, $3::text::jsonb, $4::text, $5::text, $6::text)';
const CREATE =
  'SELECT pawl.create($1::text, $2::text, $3::text::jsonb, $4::text, $5::text, $6::text)';

/** An outbox that checks what it is given against machines and the registry. */
export const createOutbox = (options: OutboxOptions = {}): Outbox => {
  const { machines = [], registry, bytesMax = BYTES_MAX } = options;
  const check = createEventCheck(machines, registry);

  const encode = (what: string, body: unknown): string => {
    checkJsonData(body, what);
    const text = JSON.stringify(body);
    const size = Buffer.byteLength(text);
    if (size > bytesMax)
      throw new PawlError(
        'payload-too-large',
        `${what} has ${size} bytes; at most ${bytesMax} fit into a message (bytesMax).`,
        { details: { size, max: bytesMax } },
      );
    return text;
  };
  const parametersOf = (
    { type, id }: ActorAddress,
    body: string | null,
    { class: queueClass, by, traceparent }: OutboxSendOptions,
  ): readonly (string | null)[] => [
    ...[type, id, body],
    ...[queueClass ?? null, by ?? null, traceparent ?? null],
  ];

  return {
    send: async (sql, actor, event, sendOptions = {}) => {
      checkAddress(actor);
      if (typeof event?.type !== 'string' || event.type === '')
        throw new PawlError('invalid-event', 'An event is an object with a type.');
      const body = encode(`The event ${event.type}`, event);
      await check.event(actor.type, event);
      await sql.execute(SEND, parametersOf(actor, body, sendOptions));
    },
    create: async (sql, actor, input, createOptions = {}) => {
      checkAddress(actor);
      const body = input === undefined ? null : encode(`The input of ${actor.type}`, input);
      await check.input(actor.type, input);
      await sql.execute(CREATE, parametersOf(actor, body, createOptions));
    },
  };
};

/** An outbox that leaves the checks of events to the hosts. */
export const outbox: Outbox = createOutbox();

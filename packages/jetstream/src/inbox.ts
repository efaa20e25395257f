// One subscription for all answers of several messages: pulls of all partitions, batches.
import { createInbox, type Msg, type Subscription } from 'nats';
import { parseAckSubject, type AckSubject } from './ack-subject.ts';
import type { Connection } from './connection.ts';
import { runGuarded } from './guarded.ts';

/** A message delivered by a pull. */
export type DeliveryHandler = (message: Msg, position: AckSubject) => void;

/** A private subject: what is sent to it comes to the handler. */
export interface ReplySubject {
  readonly subject: string;
  close(): void;
}

/**
 * Deliveries carry the subject of the stored message, so they are told apart by the consumer that
 * their reply subject names; statuses and batches carry the subject that was asked from.
 */
export class Inbox {
  readonly #subscription: Subscription;
  readonly #prefix: string;
  readonly #replies = new Map<string, (message: Msg) => void>();
  readonly #consumers = new Map<string, DeliveryHandler>();
  #lastToken = 0;

  constructor({ nats, inboxPrefix }: Connection) {
    this.#prefix = `${createInbox(inboxPrefix)}.`;
    this.#subscription = nats.subscribe(`${this.#prefix}*`, {
      // A refused subscription shows as a permission error of the publisher's inbox, same prefix.
      callback: (error, message) => {
        if (!error) runGuarded(() => this.#take(message));
      },
    });
  }

  /** Opens a private subject. */
  open(onMessage: (message: Msg) => void): ReplySubject {
    const subject = this.#prefix + (this.#lastToken += 1).toString(36);
    this.#replies.set(subject, onMessage);
    return { subject, close: () => this.#replies.delete(subject) };
  }

  /** Takes the deliveries of a consumer; returns the way to stop that. */
  register(stream: string, consumer: string, onDelivery: DeliveryHandler): () => void {
    const key = `${stream}.${consumer}`;
    this.#consumers.set(key, onDelivery);
    return () => {
      if (this.#consumers.get(key) === onDelivery) this.#consumers.delete(key);
    };
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#replies.clear();
    this.#consumers.clear();
  }

  #take(message: Msg): void {
    const reply = message.reply;
    const position = reply ? parseAckSubject(reply) : undefined;
    if (position)
      this.#consumers.get(`${position.stream}.${position.consumer}`)?.(message, position);
    else this.#replies.get(message.subject)?.(message);
  }
}

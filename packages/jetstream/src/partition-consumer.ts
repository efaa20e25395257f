// Pulls one partition for a host: raw pulls of a pinned consumer, one always outstanding.
import {
  PawlError,
  type ConsumerStatus,
  type Delivery,
  type DeliveryListener,
  type PartitionConsumer,
  type Stoppable,
} from '@pawl/core';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { createInbox, type Msg, type Subscription } from 'nats';
import { parseAckSubject, type AckSubject } from './ack-subject.ts';
import { API_CODE, apiCodeOf, brokerError, errorOf } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { wasExpectedFirst } from './expectation.ts';
import { runGuarded } from './guarded.ts';
import { partitionConsumerName, PIN_GROUP } from './partition-names.ts';
import { entryOf } from './stored-entry.ts';
import { splitHeaders } from './wire-headers.ts';

/** Entries asked for at a time. Two pulls can be open, so twice as many may be on their way. */
const BATCH = 256;
const PULL_EVERY_MS = 1_000;
/** Longer than the rhythm, so that the next pull is there before this one ends. */
const EXPIRES_NANOS = 1_250_000_000;
const TROUBLE_PAUSE_MS = 250;
/** Longer than the pulls of other hosts are apart. */
const UNPIN_REST_MS = 1_500;

const STATUS = {
  heartbeat: 100,
  notFound: 404,
  timeout: 408,
  conflict: 409,
  pinLost: 423,
} as const;

/** The answer to consumer info, with the part of ADR-42 that nats.js has no type for. */
interface PinnedInfo extends ConsumerInfo {
  readonly priority_groups?: readonly {
    readonly group: string;
    readonly pinned_client_id?: string;
  }[];
}

class Pull implements PartitionConsumer {
  readonly partition: number;
  readonly #broker: Broker;
  readonly #name: string;
  readonly #listener: DeliveryListener;
  readonly #stops: (() => void)[];
  /**
   * Its own, not the shared one: once it is closed, the broker sees that nobody listens. Else the
   * pulls that are still open there would get the pin, and keep it for 3 s.
   */
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** Of the pulls under the present pin. */
  #token = 0;
  #pinId = '';
  /** How many entries the open pulls may still bring. */
  #left = 0;
  #isClosed = false;
  #pause: Stoppable | undefined;

  constructor(broker: Broker, service: string, partition: number, listener: DeliveryListener) {
    this.partition = partition;
    this.#broker = broker;
    this.#name = partitionConsumerName(service, partition);
    this.#listener = listener;
    const { nats, inboxPrefix } = broker.connection;
    this.#inbox = `${createInbox(inboxPrefix)}.`;
    this.#subscription = nats.subscribe(`${this.#inbox}*`, {
      // A refused subscription shows as a permission error of the publisher's inbox, same prefix.
      callback: (error, message) => {
        if (!error) runGuarded(() => this.#hear(message));
      },
    });
    const ticking = broker.clock.every(PULL_EVERY_MS, () => this.#pull());
    this.#stops = [
      () => ticking.stop(),
      () => this.#subscription.unsubscribe(),
      broker.connection.onStatus(({ type }) => {
        if (type === 'disconnect') this.#trouble(disconnected(this.#name));
        // Pulls of the old connection are gone with it.
        if (type === 'reconnect') this.#pull();
      }),
    ];
    this.#pull();
  }

  async reset(): Promise<void> {
    await this.#broker.publisher.askApi(`CONSUMER.RESET.${this.#path}`);
  }

  async status(): Promise<ConsumerStatus> {
    const info = await this.#broker.publisher.askApi<PinnedInfo>(`CONSUMER.INFO.${this.#path}`);
    const pinned = info.priority_groups?.find(({ group }) => group === PIN_GROUP);
    return {
      isPinned: Boolean(pinned?.pinned_client_id),
      isPinnedHere: this.#pinId !== '' && pinned?.pinned_client_id === this.#pinId,
      ackPending: info.num_ack_pending,
      waiting: info.num_pending,
    };
  }

  async unpin(): Promise<void> {
    const hadPin = this.#pinId !== '';
    if (!this.#isClosed) {
      this.#startPin('');
      // The next pull would take the partition again before another host could.
      this.#rest(UNPIN_REST_MS);
    }
    await this.#broker.publisher.askApi(`CONSUMER.UNPIN.${this.#path}`, { group: PIN_GROUP });
    if (hadPin && !this.#isClosed) this.#listener.onUnpinned();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pause?.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  get #path(): string {
    return `${this.#broker.names.journal}.${this.#name}`;
  }

  #pull(): void {
    if (this.#isClosed || this.#pause !== undefined || !this.#broker.connection.isConnected) return;
    const id = this.#pinId === '' ? '' : `,"id":"${this.#pinId}"`;
    const body = `{"group":"${PIN_GROUP}"${id},"batch":${BATCH},"expires":${EXPIRES_NANOS}}`;
    this.#left = BATCH;
    try {
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#path}`;
      this.#broker.publisher.tell(subject, body, this.#reply);
    } catch (error) {
      this.#trouble(errorOf(error));
    }
  }

  get #reply(): string {
    return this.#inbox + this.#token.toString(36);
  }

  #hear(message: Msg): void {
    const position = message.reply ? parseAckSubject(message.reply) : undefined;
    if (position) this.#onDelivery(message, position);
    // Pulls with an earlier pin are answered "lost" at any later time: nobody must hear that.
    else if (message.subject === this.#reply) this.#onStatus(message);
  }

  #onDelivery(message: Msg, position: AckSubject): void {
    const { headers, server } = splitHeaders(message);
    const pinId = server['Nats-Pin-Id'] ?? '';
    if (pinId !== this.#pinId) this.#startPin(pinId);
    const { subject, reply = '', data: body } = message;
    const { streamSequence: sequence, time } = position;
    const entry = entryOf({ subject, sequence, time, headers, body });
    this.#left -= 1;
    if (this.#left < BATCH / 2) this.#pull();
    if (entry === undefined) return;
    const delivery: Delivery = {
      entry,
      consumerSequence: position.consumerSequence,
      isRedelivery: position.deliveries > 1,
      isFirst: wasExpectedFirst(headers),
      pinId,
      waiting: position.pending,
      ack: () => this.#ack(reply),
    };
    this.#listener.onDelivery(delivery);
  }

  #startPin(pinId: string): void {
    this.#pinId = pinId;
    this.#token += 1;
  }

  #ack(reply: string): void {
    const { connection } = this.#broker;
    // Not sent is the same as lost on the way: the entry comes again after the next RESET.
    if (connection.isConnected && !connection.nats.isDraining()) connection.nats.publish(reply);
  }

  #onStatus(message: Msg): void {
    if (this.#isClosed) return;
    const { code = 0, description = '' } = message.headers ?? {};
    if (code === STATUS.timeout || code === STATUS.notFound || code === STATUS.heartbeat) return;
    if (code === STATUS.pinLost) {
      this.#startPin('');
      this.#listener.onUnpinned();
      this.#pull();
      return;
    }
    this.#trouble(
      brokerError(`Pulling ${this.#path}`, { code, description: `${code} ${description}`.trim() }),
    );
  }

  #trouble(error: Error): void {
    if (this.#isClosed) return;
    this.#listener.onTrouble(error);
    this.#rest(TROUBLE_PAUSE_MS);
  }

  #rest(ms: number): void {
    this.#pause ??= this.#broker.clock.after(ms, () => {
      this.#pause = undefined;
      this.#pull();
    });
  }
}

const disconnected = (name: string): PawlError =>
  new PawlError('no-connection', `Consumer ${name} gets nothing: the connection is gone.`);

/** Opens the pull of one (service, partition). Its consumer must have been provisioned. */
export const openPartitionConsumer = async (
  broker: Broker,
  service: string,
  partition: number,
  listener: DeliveryListener,
): Promise<PartitionConsumer> => {
  const name = partitionConsumerName(service, partition);
  const path = `${broker.names.journal}.${name}`;
  try {
    await broker.publisher.askApi(`CONSUMER.INFO.${path}`);
  } catch (error) {
    if (apiCodeOf(error) !== API_CODE.consumerNotFound) throw error;
    throw new PawlError(
      'broker-refused',
      `There is no consumer ${name}: call provisionConsumers('${service}', types) first.`,
      { details: { consumer: name } },
    );
  }
  return new Pull(broker, service, partition, listener);
};

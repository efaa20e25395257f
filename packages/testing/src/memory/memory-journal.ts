// The port Journal over one connection to the memory broker.
import {
  PawlError,
  addressKey,
  type ActorAddress,
  type Appended,
  type Clock,
  type ConsumerStatus,
  type DeliveryListener,
  type Journal,
  type JournalIdentity,
  type OutgoingEntry,
  type PartitionConsumer,
  type ReadRange,
  type StoredEntry,
  type Subjects,
} from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { Connection } from './connection.ts';
import { EXPECTED } from './journal-stream.ts';
import { checkPayload } from './limits.ts';
import type { PartitionQueue, PinnedDelivery, Puller } from './partition-queue.ts';

/** Appends, reads and consumes through a connection. */
export class MemoryJournal implements Journal {
  readonly #broker: BrokerState;
  readonly #connection: Connection;
  readonly #subjects: Subjects;

  constructor(broker: BrokerState, connection: Connection) {
    this.#broker = broker;
    this.#connection = connection;
    this.#subjects = broker.subjects;
  }

  identity(): Promise<JournalIdentity> {
    return this.#connection.read('status', 'journal', () => this.#broker.journal.identity);
  }

  async append(entry: OutgoingEntry): Promise<Appended> {
    const subject = this.#subjects.entry(entry.kindToken, entry);
    checkPayload(`${entry.kindToken} for ${addressKey(entry)}`, entry.body, entry.headers);
    return this.#connection.write('append', subject, () => {
      const appended = this.#broker.journal.append(entry);
      this.#broker.bus.publish(subject, entry.body, entry.headers);
      return appended;
    });
  }

  read(actor: ActorAddress, range?: ReadRange): Promise<readonly StoredEntry[]> {
    return this.#connection.read('read', addressKey(actor), () =>
      this.#broker.journal.read(actor, range),
    );
  }

  head(actor: ActorAddress): Promise<number> {
    return this.#connection.read('read', addressKey(actor), () => this.#broker.journal.head(actor));
  }

  last(actor: ActorAddress, kindToken: string): Promise<StoredEntry | undefined> {
    return this.#connection.read('read', addressKey(actor), () =>
      this.#broker.journal.read(actor).findLast((entry) => entry.kindToken === kindToken),
    );
  }

  get(sequence: number): Promise<StoredEntry | undefined> {
    return this.#connection.read('read', String(sequence), () =>
      this.#broker.journal.get(sequence),
    );
  }

  provisionConsumers(service: string, types: readonly string[]): Promise<void> {
    return this.#connection.write('consume', service, () =>
      this.#broker.partitions.provision(service, types),
    );
  }

  async consume(
    service: string,
    partition: number,
    listener: DeliveryListener,
  ): Promise<PartitionConsumer> {
    const name = `host-${service}-${partition}`;
    const queue = await this.#connection.read('consume', name, () => {
      const found = this.#broker.partitions.find(service, partition);
      if (found !== undefined) return found;
      throw new PawlError(
        'broker-refused',
        `There is no consumer ${name}: call provisionConsumers('${service}', types) first.`,
      );
    });
    return new MemoryPartitionConsumer(
      this.#broker,
      this.#connection,
      queue,
      name,
      partition,
      listener,
    );
  }
}

/** `expires` of a pull, ms. */
const PULL_EXPIRES_MS = 1000;

/** One host's pull of a partition. */
class MemoryPartitionConsumer implements PartitionConsumer, Puller {
  readonly partition: number;
  readonly #connection: Connection;
  readonly #queue: PartitionQueue;
  readonly #name: string;
  readonly #listener: DeliveryListener;
  #isOpen = true;

  constructor(
    broker: BrokerState,
    connection: Connection,
    queue: PartitionQueue,
    name: string,
    partition: number,
    listener: DeliveryListener,
  ) {
    this.partition = partition;
    this.#connection = connection;
    this.#queue = queue;
    this.#name = name;
    this.#listener = listener;
    connection.onReach(() => {
      if (this.#isOpen) queue.pullChanged(this);
    });
    connection.onState((state) => {
      if (this.#isOpen && state === 'disconnected')
        listener.onTrouble(new PawlError('no-connection', `${name}: the connection was lost.`));
    });
    this.#pull(broker.clock);
  }

  /** Pulls, and again when the broker does not hear it, as a pull that expires. */
  #pull(clock: Clock): void {
    let hasJoined = false;
    this.#connection.toBroker('pull', this.#name, () => {
      if (!this.#isOpen || hasJoined) return;
      hasJoined = true;
      this.#queue.join(this);
    });
    clock.after(PULL_EXPIRES_MS, () => {
      if (this.#isOpen && !hasJoined) this.#pull(clock);
    });
  }

  isPulling(): boolean {
    return this.#isOpen && this.#connection.isReachable;
  }

  takes(): boolean {
    return this.#isOpen && this.#connection.isConnected;
  }

  deliver({ entry, consumerSequence, pinId, waiting }: PinnedDelivery): void {
    const ack = (): void =>
      this.#connection.toBroker('ack', this.#name, () => this.#queue.ack(entry.sequence));
    const isFirst = entry.headers[EXPECTED] === '0';
    const position = { consumerSequence, isRedelivery: false, isFirst, pinId, waiting };
    const delivery = { entry, ...position, ack };
    this.#connection.toClient('delivery', this.#name, () => {
      if (this.#isOpen) this.#listener.onDelivery(delivery);
    });
  }

  unpinned(): void {
    this.#connection.toClient('unpinned', this.#name, () => {
      if (this.#isOpen) this.#listener.onUnpinned();
    });
  }

  reset(): Promise<void> {
    return this.#connection.write('reset', this.#name, () => this.#queue.reset());
  }

  status(): Promise<ConsumerStatus> {
    return this.#connection.read('status', this.#name, () => this.#queue.status(this));
  }

  unpin(): Promise<void> {
    return this.#connection.write('unpin', this.#name, () => this.#queue.unpin());
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#queue.leave(this);
  }
}

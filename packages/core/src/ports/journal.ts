// Port: the journal. One ordered stream of entries; appending to it is how things happen.
import type { StoredEntry } from '../entry.ts';
import type { Headers } from '../headers.ts';
import type { ActorAddress } from '../names.ts';

/** An entry to append. */
export interface OutgoingEntry extends ActorAddress {
  /** Kind token: `event`, `create`, `reply-<service>`, … */
  readonly kindToken: string;
  readonly body: Uint8Array;
  readonly headers?: Headers;
  /** For the broker's dedupe window. */
  readonly messageId?: string;
  /** Append only if this is the last sequence of this actor's entries of this kind; 0: none. */
  readonly expectedLastSequence?: number;
}

/** What the broker says about a stored message. */
export interface Appended {
  readonly sequence: number;
  /** The broker knows the message id: `sequence` is the one of the earlier message. */
  readonly duplicate: boolean;
}

/** The journal's identity: a restored or recreated one has another. */
export interface JournalIdentity {
  /** Creation time of the stream, as the broker writes it. */
  readonly created: string;
  readonly partitions: number;
  /**
   * Entries up to here were all folded before, by hosts whose positions are lost: the journal was
   * restored without them. Their integration events are not published again.
   */
  readonly refoldedUpTo?: number;
}

/** One entry on its way to a host, with what the delivery cursor needs. */
export interface Delivery {
  readonly entry: StoredEntry;
  /** Position among the deliveries of this consumer; a RESET starts it again at 1. */
  readonly consumerSequence: number;
  readonly isRedelivery: boolean;
  /** Has the broker checked that its actor had no entry of its kind before it? */
  readonly isFirst: boolean;
  /** Changes when another host has had the partition in between. */
  readonly pinId: string;
  /** Entries that wait behind it at the broker, as told with this delivery. */
  readonly waiting: number;
  /** Acknowledges: the entry is done with. Fire and forget. */
  readonly ack: () => void;
}

/** What the broker knows of a partition consumer. */
export interface ConsumerStatus {
  /** Is some host pinned? */
  readonly isPinned: boolean;
  /** Is it the one that asks? */
  readonly isPinnedHere: boolean;
  readonly ackPending: number;
  readonly waiting: number;
}

/** What a partition tells its host. Callbacks run in delivery order and must not throw. */
export interface DeliveryListener {
  onDelivery(delivery: Delivery): void;
  /** The pin was lost: another host has the partition, or nobody. */
  onUnpinned(): void;
  /** The adapter could not pull or was disconnected; it goes on trying. */
  onTrouble(error: Error): void;
}

/** The consumer of one (service, partition). A pull is always outstanding while it is open. */
export interface PartitionConsumer {
  readonly partition: number;
  /** Asks for everything that is not acknowledged again, in order, from consumer sequence 1. */
  reset(): Promise<void>;
  status(): Promise<ConsumerStatus>;
  /** Gives the partition to another host that waits. */
  unpin(): Promise<void>;
  /** Stops pulling. Acks still work until the connection is gone. */
  close(): Promise<void>;
}

/** Reading an actor's entries. */
export interface ReadRange {
  /** First sequence, inclusive. Default 1. */
  readonly from?: number;
  /** Last sequence, inclusive. Default: the head. */
  readonly upTo?: number;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

/**
 * The journal. Errors: `sequence-conflict`, `outcome-unknown`, `payload-too-large`, `no-
 * connection`.
 */
export interface Journal {
  identity(): Promise<JournalIdentity>;
  append(entry: OutgoingEntry): Promise<Appended>;
  /** Entries of one actor in order. Sees everything acknowledged up to the moment of the call. */
  read(actor: ActorAddress, range?: ReadRange): Promise<readonly StoredEntry[]>;
  /** Sequence of the actor's last entry as the stream's leader knows it; 0 when there is none. */
  head(actor: ActorAddress): Promise<number>;
  /**
   * The actor's last entry of one kind, if there is any. Needs the right to read that kind only,
   * where `read` needs the right to the whole journal. May be behind by a replica's delay.
   */
  last(actor: ActorAddress, kindToken: string): Promise<StoredEntry | undefined>;
  /** The entry at a sequence, if it is there. */
  get(sequence: number): Promise<StoredEntry | undefined>;
  /**
   * Makes sure that the consumers of a service exist and cover these types. Filters only grow;
   * a consumer whose filter grows is reset to the first entry of the new type.
   */
  provisionConsumers(service: string, types: readonly string[]): Promise<void>;
  /** Starts pulling a partition. Deliveries come once this host is pinned. */
  consume(
    service: string,
    partition: number,
    listener: DeliveryListener,
  ): Promise<PartitionConsumer>;
}

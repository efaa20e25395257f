// The Journal port on JetStream: append with compare-and-set, read what is acknowledged, consume.
import {
  HEADER,
  partitionOf,
  PawlError,
  type ActorAddress,
  type Appended,
  type DeliveryListener,
  type Journal,
  type JournalIdentity,
  type OutgoingEntry,
  type PartitionConsumer,
  type ReadRange,
  type StoredEntry,
} from '@pawl/core';
import { apiCodeOf, isConflict } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { EXPECTED_SEQUENCE } from './expectation.ts';
import { openPartitionConsumer } from './partition-consumer.ts';
import { provisionConsumers } from './partition-provision.ts';
import { entryOf } from './stored-entry.ts';
import type { StoredMessage, StoredMessages } from './stored-messages.ts';

/** The journal of one account and prefix. */
export class JetStreamJournal implements Journal {
  readonly #broker: Broker;
  readonly #messages: StoredMessages;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#messages = broker.messagesOf(broker.names.journal);
  }

  async identity(): Promise<JournalIdentity> {
    const { created, partitions, refoldedUpTo } = await this.#broker.freshFacts();
    return { created, partitions, ...(refoldedUpTo !== undefined && { refoldedUpTo }) };
  }

  append(entry: OutgoingEntry): Promise<Appended> {
    const { messageId, expectedLastSequence, headers } = entry;
    const own: Record<string, string> = {};
    if (messageId !== undefined) own[HEADER.messageId] = messageId;
    if (expectedLastSequence !== undefined) {
      own[EXPECTED_SEQUENCE] = String(expectedLastSequence);
    }
    const subject = this.#broker.subjects.entry(entry.kindToken, entry);
    const appended = this.#broker.publisher.publish(subject, entry.body, { headers, own });
    // Only what expects a sequence can be in conflict.
    return expectedLastSequence === undefined
      ? appended
      : appended.catch((error: unknown) => {
          if (!isConflict(apiCodeOf(error))) throw error;
          throw new PawlError(
            'sequence-conflict',
            `The last ${entry.kindToken} of ${entry.type}/${entry.id} is not at sequence ` +
              `${expectedLastSequence}: another entry was appended first. Read it and decide again.`,
            { details: { subject, expectedLastSequence }, cause: error },
          );
        });
  }

  async read(actor: ActorAddress, range: ReadRange = {}): Promise<readonly StoredEntry[]> {
    const { partitions, replicas } = await this.#broker.facts();
    const subject = this.#subjectOf(actor, partitions);
    const settings = { subject, from: range.from ?? 1, upTo: range.upTo, limit: range.limit };
    if (replicas === 1) return entriesOf(await this.#messages.readDirect(settings));
    // A replica may be behind. The leader is asked first, so its answer is not older than the call.
    const [head, found] = await Promise.all([
      this.#headOf(subject),
      this.#messages.readDirect(settings),
    ]);
    const last = found.at(-1)?.sequence ?? settings.from - 1;
    const isFull = settings.limit !== undefined && found.length >= settings.limit;
    if (isFull || last >= Math.min(head, settings.upTo ?? head)) return entriesOf(found);
    const limit = settings.limit === undefined ? undefined : settings.limit - found.length;
    const rest = { subject, from: last + 1, upTo: settings.upTo, limit };
    return entriesOf([...found, ...(await this.#messages.readFromLeader(rest))]);
  }

  async head(actor: ActorAddress): Promise<number> {
    const { partitions } = await this.#broker.facts();
    return this.#headOf(this.#subjectOf(actor, partitions));
  }

  async last(actor: ActorAddress, kindToken: string): Promise<StoredEntry | undefined> {
    const { partitions } = await this.#broker.facts();
    const partition = partitionOf(actor.type, actor.id, partitions);
    const subject = this.#broker.subjects.journal(partition, actor, kindToken);
    const found = await this.#messages.lastOf(subject);
    return found && entryOf(found);
  }

  async get(sequence: number): Promise<StoredEntry | undefined> {
    const { replicas } = await this.#broker.facts();
    const found =
      (await this.#messages.direct({ seq: sequence })) ??
      (replicas > 1 ? await this.#messages.fromLeader({ seq: sequence }) : undefined);
    return found && entryOf(found);
  }

  provisionConsumers(service: string, types: readonly string[]): Promise<void> {
    return provisionConsumers(this.#broker, service, types);
  }

  consume(
    service: string,
    partition: number,
    listener: DeliveryListener,
  ): Promise<PartitionConsumer> {
    return openPartitionConsumer(this.#broker, service, partition, listener);
  }

  #subjectOf(actor: ActorAddress, partitions: number): string {
    const partition = partitionOf(actor.type, actor.id, partitions);
    return this.#broker.subjects.journal(partition, actor, '*');
  }

  async #headOf(subject: string): Promise<number> {
    const last = await this.#messages.fromLeader({ last_by_subj: subject });
    return last?.sequence ?? 0;
  }
}

const entriesOf = (messages: readonly StoredMessage[]): StoredEntry[] =>
  messages.flatMap((message) => entryOf(message) ?? []);

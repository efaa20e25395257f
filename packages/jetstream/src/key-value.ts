// A bucket as `nats kv` knows it: a stream with one message per key, and compare-and-set on it.
import type { Headers } from '@pawl/core';
import { apiCodeOf, isConflict } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { EXPECTED_SEQUENCE } from './expectation.ts';
import { readRecord, sortForeign, type Sorted } from './foreign-key.ts';
import type { StoredMessage, StoredMessages } from './stored-messages.ts';
import { bucketStream } from './topology.ts';

/** A record, its key and its revision. */
export interface Listed<Value> {
  readonly key: string;
  readonly value: Value;
  readonly sequence: number;
}

/** One bucket. A key's revision is the sequence of its message. */
export class KeyValue {
  readonly bucket: string;
  readonly stream: string;
  readonly #broker: Broker;
  readonly #messages: StoredMessages;

  constructor(broker: Broker, bucket: string) {
    this.#broker = broker;
    this.bucket = bucket;
    this.stream = bucketStream(bucket);
    this.#messages = broker.messagesOf(this.stream);
  }

  /** The subject of a key, or of all keys that a pattern matches. */
  subjectOf(key: string): string {
    return `$KV.${this.bucket}.${key}`;
  }

  keyOf(subject: string): string {
    return subject.slice(this.subjectOf('').length);
  }

  /** The value as the stream's leader knows it; deleted ones are not there. */
  async load(key: string): Promise<StoredMessage | undefined> {
    return (await this.look(key)).value;
  }

  /** The value, and the revision that the next save has to expect: a mark of removal has one. */
  async look(key: string): Promise<{ readonly value?: StoredMessage; readonly revision: number }> {
    const { replicas } = await this.#broker.facts();
    const query = { last_by_subj: this.subjectOf(key) };
    const found =
      replicas === 1 ? await this.#messages.direct(query) : await this.#messages.fromLeader(query);
    if (found === undefined) return { revision: 0 };
    return { ...(!isMarker(found) && { value: found }), revision: found.sequence };
  }

  /** All values whose keys match, by revision. From any replica: may be a moment behind. */
  async list(pattern: string): Promise<StoredMessage[]> {
    const subject = this.subjectOf(pattern);
    const found = await this.#messages.readDirect({ subject, from: 1 });
    return found.filter((message) => !isMarker(message));
  }

  /** A record of the registry. Throws `invalid-body` when Pawl did not write it. */
  record<Value>(stored: StoredMessage): Value {
    return readRecord(this.bucket, this.keyOf(stored.subject), stored);
  }

  /** All records whose keys match, without what Pawl did not write: the doctor names that. */
  async records<Value>(pattern: string): Promise<readonly Listed<Value>[]> {
    const found = await this.list(pattern);
    const read = (stored: StoredMessage): Listed<Value> => ({
      key: this.keyOf(stored.subject),
      value: this.record<Value>(stored),
      sequence: stored.sequence,
    });
    return this.sort(found, read).values;
  }

  /** Reads each message; the keys of those that cannot be read are foreign. */
  sort<Value>(
    messages: readonly StoredMessage[],
    read: (message: StoredMessage) => Value,
  ): Sorted<Value> {
    return sortForeign(messages, this.bucket, (subject) => this.keyOf(subject), read);
  }

  /**
   * Saves a value and returns its revision. With `revision` only if that is still the key's
   * (0: the key must not exist); `undefined` comes back when it is not.
   */
  save(
    key: string,
    body: Uint8Array,
    options: { readonly revision?: number; readonly headers?: Headers } = {},
  ): Promise<number | undefined> {
    const { revision, headers } = options;
    const own = revision === undefined ? undefined : { [EXPECTED_SEQUENCE]: String(revision) };
    return this.#broker.publisher.publish(this.subjectOf(key), body, { headers, own }).then(
      ({ sequence }) => sequence,
      (error: unknown) => {
        if (isConflict(apiCodeOf(error))) return undefined;
        throw error;
      },
    );
  }

  /** Leaves a marker in place of a revision, as `nats kv purge` does. False: it is not there. */
  async remove(key: string, revision: number): Promise<boolean> {
    const headers = { [OPERATION]: 'PURGE', 'Nats-Rollup': 'sub' };
    return (await this.save(key, new Uint8Array(), { revision, headers })) !== undefined;
  }

  /** Removes the values of all keys that match, without a marker; with `below`, older ones only. */
  async purge(pattern: string, below?: number): Promise<void> {
    await this.#broker.publisher.askApi(`STREAM.PURGE.${this.stream}`, {
      filter: this.subjectOf(pattern),
      ...(below !== undefined && { seq: below }),
    });
  }
}

const OPERATION = 'KV-Operation';

/** What `nats kv del` and `nats kv purge` leave. */
export const isMarker = ({ headers }: StoredMessage): boolean => headers[OPERATION] !== undefined;

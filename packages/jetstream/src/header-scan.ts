// Reads the headers of many messages without their bodies: a short-lived consumer of headers only.
import { PawlError } from '@pawl/core';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { nuid } from 'nats';
import { errorOf } from './broker-error.ts';
import type { Broker } from './broker.ts';
import type { StoredMessage } from './stored-messages.ts';
import { nanosOf } from './topology.ts';
import { decodeHeaders } from './wire-headers.ts';

const BATCH = 20_000;
const PULL_MAX_MS = 4_000;
const SCAN_MAX_MS = 30_000;

/**
 * The last message of each subject that matches, bodies left out, in order of sequence. What is
 * replaced meanwhile is there in its newer form.
 */
export const scanHeaders = async (
  broker: Broker,
  stream: string,
  filter: string,
): Promise<StoredMessage[]> => {
  const name = `scan-${nuid.next()}`;
  const path = `${stream}.${name}`;
  const info = await broker.publisher.askApi<ConsumerInfo>(`CONSUMER.CREATE.${path}.${filter}`, {
    stream_name: stream,
    config: {
      name,
      filter_subject: filter,
      deliver_policy: 'last_per_subject',
      ack_policy: 'none',
      replay_policy: 'instant',
      headers_only: true,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanosOf(30_000),
    },
    action: 'create',
  });
  try {
    const bySubject = new Map<string, StoredMessage>();
    const endsAt = broker.clock.now() + SCAN_MAX_MS;
    let left = info.num_pending;
    // A pull ends early where a message was replaced before its turn: the server says what is left.
    while (left > 0) {
      if (broker.clock.now() > endsAt)
        throw cannotRead(stream, bySubject.size, 'it is written faster than it can be read');
      for (const message of await pull(broker, stream, name, Math.min(BATCH, left))) {
        bySubject.delete(message.subject);
        bySubject.set(message.subject, message);
      }
      const now = await broker.publisher.askApi<ConsumerInfo>(`CONSUMER.INFO.${path}`);
      left = now.num_pending;
    }
    return [...bySubject.values()];
  } finally {
    await broker.publisher.askApi(`CONSUMER.DELETE.${path}`);
  }
};

const cannotRead = (stream: string, found: number, why: string): PawlError =>
  new PawlError('broker-refused', `Reading the headers of ${stream} ended after ${found}: ${why}.`);

/** One pull: at most so many messages, fewer when the broker has no more at this moment. */
const pull = (
  broker: Broker,
  stream: string,
  consumer: string,
  batch: number,
): Promise<StoredMessage[]> =>
  new Promise((resolve, reject) => {
    const found: StoredMessage[] = [];
    const stops: (() => void)[] = [];
    const finish = (settle: () => void): void => {
      for (const stop of stops.splice(0)) stop();
      settle();
    };
    const fail = (why: string): void => finish(() => reject(cannotRead(stream, found.length, why)));
    const reply = broker.inbox.open((message) => {
      const { code = 0, description = '' } = message.headers ?? {};
      if (code === 404 || code === 408) finish(() => resolve(found));
      else if (code !== 0) fail(`${code} ${description}`);
    });
    const timer = broker.clock.after(SCAN_MAX_MS, () => fail('no answer'));
    const unregister = broker.inbox.register(stream, consumer, (message, position) => {
      const { subject } = message;
      const { streamSequence: sequence, time } = position;
      const headers = decodeHeaders(message);
      found.push({ subject, sequence, time, headers, body: new Uint8Array() });
      if (found.length === batch) finish(() => resolve(found));
    });
    stops.push(
      () => reply.close(),
      unregister,
      () => timer.stop(),
    );
    try {
      broker.publisher.tell(
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
        JSON.stringify({ batch, expires: nanosOf(PULL_MAX_MS), no_wait: true }),
        reply.subject,
      );
    } catch (error) {
      finish(() => reject(errorOf(error)));
    }
  });

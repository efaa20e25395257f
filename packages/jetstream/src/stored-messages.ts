// Reads messages of a stream: in batches from any replica, or one by one from the stream's leader.
import { PawlError, type Clock, type Headers } from '@pawl/core';
import type { Msg } from 'nats';
import { API_CODE, apiCodeOf, errorOf, noResponders } from './broker-error.ts';
import type { Inbox } from './inbox.ts';
import type { Publisher } from './publisher.ts';
import { parseHeaderBlock, splitHeaders } from './wire-headers.ts';

/** A message as a stream holds it. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  /** Broker timestamp in whole ms since 1970. */
  readonly time: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Which messages to read. */
export interface ReadSettings {
  /** Subject; may have wildcards. */
  readonly subject: string;
  /** First sequence, inclusive. */
  readonly from: number;
  /** Last sequence, inclusive. */
  readonly upTo?: number | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
}

const BATCH = 256;
const SILENCE_MAX_MS = 5_000;
const STATUS_END = 204;
const STATUS_NOT_FOUND = 404;
const STATUS_NO_RESPONDERS = 503;

const fromDirect = (message: Msg): StoredMessage => {
  const { headers, server } = splitHeaders(message);
  return {
    subject: server['Nats-Subject'] ?? '',
    sequence: Number(server['Nats-Sequence']),
    time: Date.parse(server['Nats-Time-Stamp'] ?? ''),
    headers,
    body: message.data,
  };
};

interface ApiMessage {
  readonly message: {
    readonly subject: string;
    readonly seq: number;
    readonly time: string;
    readonly hdrs?: string;
    readonly data?: string;
  };
}

/** Reads one stream. */
export class StoredMessages {
  readonly #publisher: Publisher;
  readonly #inbox: Inbox;
  readonly #stream: string;
  readonly #clock: Clock;

  constructor(publisher: Publisher, inbox: Inbox, stream: string, clock: Clock) {
    this.#publisher = publisher;
    this.#inbox = inbox;
    this.#stream = stream;
    this.#clock = clock;
  }

  /** One message from the leader: at a sequence, the last of a subject, or the next one. */
  async fromLeader(
    query: { seq: number } | { last_by_subj: string } | { seq: number; next_by_subj: string },
  ): Promise<StoredMessage | undefined> {
    let answer: ApiMessage;
    try {
      answer = await this.#publisher.askApi<ApiMessage>(`STREAM.MSG.GET.${this.#stream}`, query);
    } catch (error) {
      if (apiCodeOf(error) === API_CODE.noMessage) return undefined;
      throw error;
    }
    const { subject, seq, time, hdrs, data } = answer.message;
    return {
      subject,
      sequence: seq,
      time: Date.parse(time),
      headers: hdrs ? parseHeaderBlock(Buffer.from(hdrs, 'base64')).headers : {},
      body: data ? Buffer.from(data, 'base64') : new Uint8Array(),
    };
  }

  /** One message from any replica, which may be behind the leader. */
  direct(query: { seq: number } | { last_by_subj: string }): Promise<StoredMessage | undefined> {
    const body = Buffer.from(JSON.stringify(query));
    return this.#requestDirect(`$JS.API.DIRECT.GET.${this.#stream}`, body);
  }

  /** The last message of one subject: the subject is in the request's, so rights hold for it. */
  lastOf(subject: string): Promise<StoredMessage | undefined> {
    return this.#requestDirect(`$JS.API.DIRECT.GET.${this.#stream}.${subject}`, new Uint8Array());
  }

  async #requestDirect(path: string, body: Uint8Array): Promise<StoredMessage | undefined> {
    const message = await this.#publisher.request(path, body);
    const code = message.headers?.code ?? 0;
    if (code === STATUS_NOT_FOUND) return undefined;
    if (code !== 0) throw refused(this.#stream, code, message.headers?.description);
    return fromDirect(message);
  }

  /** All messages in a range from any replica, in order. */
  async readDirect(settings: ReadSettings): Promise<StoredMessage[]> {
    const { upTo = Number.MAX_SAFE_INTEGER, limit = Number.MAX_SAFE_INTEGER } = settings;
    const found: StoredMessage[] = [];
    let from = Math.max(settings.from, 1);
    while (found.length < limit && from <= upTo) {
      const batch = Math.min(BATCH, limit - found.length);
      const { messages, hasMore } = await this.#batch(settings.subject, from, batch);
      for (const message of messages) if (message.sequence <= upTo) found.push(message);
      const last = messages.at(-1);
      if (last === undefined || !hasMore) return found;
      from = last.sequence + 1;
    }
    return found;
  }

  /** All messages in a range from the leader, one by one: for what a replica did not have yet. */
  async readFromLeader(settings: ReadSettings): Promise<StoredMessage[]> {
    const { subject, upTo = Number.MAX_SAFE_INTEGER, limit = Number.MAX_SAFE_INTEGER } = settings;
    const found: StoredMessage[] = [];
    let from = Math.max(settings.from, 1);
    while (found.length < limit && from <= upTo) {
      const message = await this.fromLeader({ seq: from, next_by_subj: subject });
      if (message === undefined || message.sequence > upTo) return found;
      found.push(message);
      from = message.sequence + 1;
    }
    return found;
  }

  #batch(
    subject: string,
    seq: number,
    batch: number,
  ): Promise<{ messages: StoredMessage[]; hasMore: boolean }> {
    return new Promise((resolve, reject) => {
      const messages: StoredMessage[] = [];
      const finish = (settle: () => void): void => {
        timer.stop();
        reply.close();
        settle();
      };
      const timer = this.#clock.after(SILENCE_MAX_MS, () =>
        finish(() => reject(unfinished(this.#stream))),
      );
      const path = `$JS.API.DIRECT.GET.${this.#stream}`;
      const reply = this.#inbox.open((message) => {
        const status = statusOf(message);
        if (status === undefined) messages.push(fromDirect(message));
        else if (status.code === STATUS_END) {
          const waiting = Number(message.headers?.get('Nats-Num-Pending') ?? '0');
          finish(() => resolve({ messages, hasMore: waiting > 0 }));
        } else if (status.code === STATUS_NOT_FOUND)
          finish(() => resolve({ messages, hasMore: false }));
        else if (status.code === STATUS_NO_RESPONDERS) finish(() => reject(noResponders(path)));
        else finish(() => reject(refused(this.#stream, status.code, status.text)));
      });
      try {
        const query = { seq, batch, next_by_subj: subject };
        this.#publisher.tell(path, JSON.stringify(query), reply.subject);
      } catch (error) {
        finish(() => reject(errorOf(error)));
      }
    });
  }
}

const unfinished = (stream: string): PawlError =>
  new PawlError(
    'outcome-unknown',
    `Stream ${stream} did not finish a read within ${SILENCE_MAX_MS} ms.`,
  );

/** A status instead of a message; a stored message has no code. */
const statusOf = (message: Msg): { code: number; text: string } | undefined => {
  if (message.data.length > 0) return undefined;
  const { code = 0, description = '' } = message.headers ?? {};
  return code === 0 ? undefined : { code, text: description };
};

const refused = (stream: string, code: number, text: string = ''): PawlError =>
  new PawlError('broker-refused', `Reading stream ${stream}: the broker says ${code} ${text}.`, {
    details: { apiCode: code },
  });

// The Progress port: the last progress of each command, kept a day.
import {
  decodeBody,
  encodeJson,
  type Progress,
  type ProgressBody,
  type ProgressKey,
} from '@pawl/core';
import type { Broker } from './broker.ts';
import type { StoredMessages } from './stored-messages.ts';

/** Progress of one account and prefix. */
export class JetStreamProgress implements Progress {
  readonly #broker: Broker;
  readonly #messages: StoredMessages;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#messages = broker.messagesOf(broker.names.progress);
  }

  async save(key: ProgressKey, body: ProgressBody): Promise<void> {
    await this.#broker.publisher.publish(this.#subjectOf(key), encodeJson(body));
  }

  async load(key: ProgressKey): Promise<ProgressBody | undefined> {
    const found = await this.#messages.fromLeader({ last_by_subj: this.#subjectOf(key) });
    return found && (decodeBody(found.body) as unknown as ProgressBody);
  }

  #subjectOf({ service, actor, generation }: ProgressKey): string {
    return this.#broker.subjects.progress(service, actor, generation);
  }
}

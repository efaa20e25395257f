// The DeadLetters port: one message per id; the same id twice is stored once, for ever.
import { decodeBody, encodeJson, encodeToken, type DeadLetter, type DeadLetters } from '@pawl/core';
import { apiCodeOf, isConflict } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { EXPECTED_SEQUENCE } from './expectation.ts';
import type { StoredMessage, StoredMessages } from './stored-messages.ts';

const letterOf = ({ body }: StoredMessage): DeadLetter => decodeBody(body) as unknown as DeadLetter;

/** Dead letters of one account and prefix. */
export class JetStreamDeadLetters implements DeadLetters {
  readonly #broker: Broker;
  readonly #messages: StoredMessages;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#messages = broker.messagesOf(broker.names.deadLetters);
  }

  async publish(letter: DeadLetter): Promise<void> {
    try {
      await this.#broker.publisher.publish(this.#subjectOf(letter.id), encodeJson(letter), {
        own: { [EXPECTED_SEQUENCE]: '0' },
      });
    } catch (error) {
      if (!isConflict(apiCodeOf(error))) throw error; // It is there already.
    }
  }

  async list({ limit, after }: { readonly limit?: number; readonly after?: string } = {}): Promise<
    readonly DeadLetter[]
  > {
    const subject = `${this.#broker.names.prefix}.dead-letter.*`;
    const last = after === undefined ? undefined : await this.#find(after);
    const from = (last?.sequence ?? 0) + 1;
    const found = await this.#messages.readDirect({ subject, from, limit });
    return found.map(letterOf);
  }

  async load(id: string): Promise<DeadLetter | undefined> {
    const found = await this.#find(id);
    return found && letterOf(found);
  }

  async remove(id: string): Promise<void> {
    const { names, publisher } = this.#broker;
    const filter = this.#subjectOf(id);
    await publisher.askApi(`STREAM.PURGE.${names.deadLetters}`, { filter });
  }

  #find(id: string): Promise<StoredMessage | undefined> {
    return this.#messages.fromLeader({ last_by_subj: this.#subjectOf(id) });
  }

  #subjectOf(id: string): string {
    return `${this.#broker.names.prefix}.dead-letter.${encodeToken(id)}`;
  }
}

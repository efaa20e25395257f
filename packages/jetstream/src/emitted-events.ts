// The EmittedEvents port: integration events as CloudEvents 1.0 in binary mode.
import {
  encodeJson,
  encodeToken,
  HEADER,
  type EmittedEvents,
  type OutgoingEmitted,
} from '@pawl/core';
import type { Broker } from './broker.ts';

/** The HTTP binding's rule, which the NATS binding shares: percent for all but visible ASCII. */
const encodeAttribute = (text: string): string =>
  text.replace(/[^\x21-\x7e]|["%]/gu, (char) => encodeURIComponent(char).replace('"', '%22'));

/** Integration events of one account and prefix. */
export class JetStreamEmittedEvents implements EmittedEvents {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async publish({ actor, id, event, time }: OutgoingEmitted): Promise<void> {
    const { subjects, publisher, names } = this.#broker;
    // The dots of an event's type are levels of the subject; other characters are encoded.
    const tokens = event.type.split('.').map(encodeToken).join('.');
    await publisher.publish(subjects.emitted(actor, tokens), encodeJson(event), {
      own: { [HEADER.messageId]: id },
      headers: {
        'ce-specversion': '1.0',
        'ce-id': encodeAttribute(id),
        'ce-source': `/${names.prefix}/${actor.type}/${actor.id}`,
        'ce-type': encodeAttribute(event.type),
        'ce-time': new Date(time).toISOString(),
        'content-type': 'application/json',
      },
    });
  }
}

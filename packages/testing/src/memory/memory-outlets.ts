// The ports EmittedEvents, Progress and DeadLetters over one connection to the memory broker.
import {
  addressKey,
  encodeJson,
  encodeToken,
  type DeadLetter,
  type DeadLetters,
  type EmittedEvents,
  type OutgoingEmitted,
  type Progress,
  type ProgressBody,
  type ProgressKey,
} from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { Connection } from './connection.ts';
import { checkPayload } from './limits.ts';

/** Integration events, as CloudEvents 1.0 in binary mode. */
export const createMemoryEmitted = (
  broker: BrokerState,
  connection: Connection,
): EmittedEvents => ({
  publish: async (emitted: OutgoingEmitted) => {
    const { actor, id, event, time } = emitted;
    const tokens = event.type.split('.').map(encodeToken).join('.');
    const subject = broker.subjects.emitted(actor, tokens);
    const body = encodeJson(event);
    checkPayload(subject, body);
    await connection.write('emit', subject, () => {
      broker.outlets.emit(emitted);
      broker.bus.publish(subject, body, {
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': `/${broker.subjects.prefix}/${addressKey(actor)}`,
        'ce-type': event.type,
        'ce-time': new Date(time).toISOString(),
        'content-type': 'application/json',
      });
    });
  },
});

/** Progress of commands. */
export const createMemoryProgress = (broker: BrokerState, connection: Connection): Progress => ({
  save: async (key: ProgressKey, body: ProgressBody) => {
    const subject = broker.subjects.progress(key.service, key.actor, key.generation);
    const bytes = encodeJson(body);
    checkPayload(subject, bytes);
    await connection.write('save', subject, () => {
      broker.outlets.saveProgress(key, body, broker.clock.now());
      broker.bus.publish(subject, bytes);
    });
  },
  load: (key: ProgressKey) =>
    connection.read('load', broker.subjects.progress(key.service, key.actor, key.generation), () =>
      broker.outlets.loadProgress(key, broker.clock.now()),
    ),
});

/** Dead letters. */
export const createMemoryDeadLetters = (
  broker: BrokerState,
  connection: Connection,
): DeadLetters => ({
  publish: async (letter: DeadLetter) => {
    checkPayload(`The dead letter ${letter.id}`, encodeJson(letter));
    await connection.write('dead-letter', letter.id, () => broker.outlets.bury(letter));
  },
  list: ({ limit, after } = {}) =>
    connection.read('load', 'dead letters', () => {
      const letters = broker.outlets.deadLetters;
      const from = after === undefined ? 0 : letters.findIndex(({ id }) => id === after) + 1;
      return letters.slice(from, limit === undefined ? undefined : from + limit);
    }),
  load: (id) =>
    connection.read('load', `dead letter ${id}`, () =>
      broker.outlets.deadLetters.find((letter) => letter.id === id),
    ),
  remove: async (id) => {
    await connection.write('dead-letter', id, () => broker.outlets.unbury(id));
  },
});

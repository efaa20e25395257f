// The Timers port: schedules of the broker. A due one is sourced into the journal.
import type { ActorAddress, OutgoingTimer, Timers } from '@pawl/core';
import type { Broker } from './broker.ts';
import { FIRED_TTL } from './topology.ts';

const EMPTY = new Uint8Array();

/** Timers of one account and prefix. Without message ids: an id would swallow a re-arm. */
export class JetStreamTimers implements Timers {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async arm({ actor, generation, dueAt, body }: OutgoingTimer): Promise<void> {
    const { subjects, publisher } = this.#broker;
    await publisher.publish(subjects.timer(actor, generation), body, {
      own: {
        'Nats-Schedule': `@at ${new Date(dueAt).toISOString()}`,
        'Nats-Schedule-Target': subjects.fired(actor),
        'Nats-Schedule-TTL': FIRED_TTL,
      },
    });
  }

  async disarm(actor: ActorAddress, generation: string): Promise<void> {
    // The rollup replaces the schedule by an empty message, which then goes by itself.
    await this.#broker.publisher.publish(this.#broker.subjects.timer(actor, generation), EMPTY, {
      own: { 'Nats-Rollup': 'sub', 'Nats-TTL': '1s' },
    });
  }
}

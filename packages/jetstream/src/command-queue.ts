// The CommandQueue port: a work queue per class, a durable consumer per service.
import {
  checkName,
  HEADER,
  PawlError,
  type CommandConsumer,
  type CommandListener,
  type CommandQueue,
  type OutgoingCommand,
  type PauseNote,
  type QueueClass,
  type QueueStatus,
} from '@pawl/core';
import { AwaitedPull } from './awaited-pull.ts';
import { API_CODE, apiCodeOf, isConflict } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { CommandPull } from './command-pull.ts';
import { consumersOf, pausedUntilOf } from './consumer-list.ts';
import { EXPECTED_SEQUENCE } from './expectation.ts';
import { PauseNotes } from './pause-notes.ts';
import { pauseQueue, resumeQueue } from './queue-pause.ts';
import { nanosOf, QUEUE_CLASSES } from './topology.ts';

/** The durable consumer of a service, in the stream of each class. */
export const commandConsumerName = (service: string): string => `worker-${service}`;

/** Commands of one account and prefix. */
export class JetStreamCommandQueue implements CommandQueue {
  readonly #broker: Broker;
  readonly #ackWaitMs: number;
  readonly #notes: PauseNotes;

  constructor(broker: Broker, ackWaitMs: number) {
    this.#broker = broker;
    this.#ackWaitMs = ackWaitMs;
    this.#notes = new PauseNotes(broker);
  }

  publish({ subject, messageId, body, headers }: OutgoingCommand): Promise<void> {
    const { publisher, subjects } = this.#broker;
    const own = { [HEADER.messageId]: messageId, [EXPECTED_SEQUENCE]: '0' };
    return publisher.publish(subjects.command(subject), body, { headers, own }).then(
      () => undefined,
      (error: unknown) => {
        // The generation is in the subject: what stands there is this very command.
        if (!isConflict(apiCodeOf(error))) throw error;
      },
    );
  }

  async provision(service: string): Promise<void> {
    checkName('service', service);
    await Promise.all(QUEUE_CLASSES.map((queueClass) => this.#provision(queueClass, service)));
  }

  async #provision(queueClass: QueueClass, service: string): Promise<void> {
    const { names, publisher } = this.#broker;
    const stream = names.commands(queueClass);
    const name = commandConsumerName(service);
    // A worker may have no right to create consumers: whoever has it could make the server deliver
    // to any subject. So it looks first, and hosts create the queues of the services they command.
    if (await this.#exists(stream, name)) return;
    await publisher.askApi(`CONSUMER.CREATE.${stream}.${name}`, {
      stream_name: stream,
      config: {
        durable_name: name,
        filter_subject: `${names.prefix}.command.${queueClass}.${service}.>`,
        ack_policy: 'explicit',
        deliver_policy: 'all',
        replay_policy: 'instant',
        ack_wait: nanosOf(this.#ackWaitMs),
        max_deliver: -1,
        max_ack_pending: 100_000,
      },
      action: '',
    });
  }

  async #exists(stream: string, name: string): Promise<boolean> {
    try {
      await this.#broker.publisher.askApi(`CONSUMER.INFO.${stream}.${name}`);
      return true;
    } catch (error) {
      if (apiCodeOf(error) === API_CODE.consumerNotFound) return false;
      throw error;
    }
  }

  async queues(): Promise<readonly QueueStatus[]> {
    const { names } = this.#broker;
    const found = await Promise.all(
      QUEUE_CLASSES.map(async (queueClass) => {
        const consumers = await consumersOf(this.#broker, names.commands(queueClass));
        return consumers.flatMap((info): QueueStatus[] => {
          const service = /^worker-(.+)$/.exec(info.name)?.[1];
          if (service === undefined) return [];
          const pausedUntil = pausedUntilOf(info);
          return [
            { class: queueClass, service, ...(pausedUntil !== undefined && { pausedUntil }) },
          ];
        });
      }),
    );
    return this.#notes.addTo(found.flat());
  }

  async pause(
    queueClass: QueueClass,
    service: string,
    until: number | undefined,
    note?: PauseNote,
  ): Promise<void> {
    checkName('service', service);
    const stream = this.#broker.names.commands(queueClass);
    const consumer = commandConsumerName(service);
    const queue = { class: queueClass, service, stream, consumer };
    if (until === undefined) await resumeQueue(this.#broker, queue);
    else {
      await pauseQueue(this.#broker, queue, until);
      if (note !== undefined) await this.#notes.save(queueClass, service, until, note);
    }
  }

  async consume(
    queueClass: QueueClass,
    service: string,
    listener: CommandListener,
  ): Promise<CommandConsumer> {
    checkName('service', service);
    const stream = this.#broker.names.commands(queueClass);
    const name = commandConsumerName(service);
    const provision = (): Promise<void> => this.#provision(queueClass, service);
    const source = { stream, consumer: name, queueClass, service, provision };
    const open = (): CommandConsumer => new CommandPull(this.#broker, source, listener);
    try {
      await provision();
    } catch (error) {
      if (!(error instanceof PawlError) || error.code !== 'not-authorized') throw error;
      const exists = (): Promise<boolean> => this.#exists(stream, name);
      // Without the right to look, it will never know.
      if (await exists()) return open();
      return new AwaitedPull({ ...source, exists, open }, listener, this.#broker.clock);
    }
    return open();
  }
}

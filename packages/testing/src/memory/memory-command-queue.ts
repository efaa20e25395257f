// The port CommandQueue over one connection to the memory broker.
import {
  PawlError,
  QUEUE_CLASSES,
  type CommandConsumer,
  type CommandDelivery,
  type CommandListener,
  type CommandQueue,
  type OutgoingCommand,
  type PauseNote,
  type QueueClass,
  type QueueStatus,
} from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { CommandStream, QueuedCommand, Taker } from './command-stream.ts';
import type { Connection } from './connection.ts';
import { checkPayload } from './limits.ts';

/** Publishes and takes commands. */
export class MemoryCommandQueue implements CommandQueue {
  readonly #broker: BrokerState;
  readonly #connection: Connection;

  constructor(broker: BrokerState, connection: Connection) {
    this.#broker = broker;
    this.#connection = connection;
  }

  async publish(command: OutgoingCommand): Promise<void> {
    checkPayload(`The command ${command.messageId}`, command.body, command.headers);
    const subject = this.#broker.subjects.command(command.subject);
    await this.#connection.write('command', subject, () => {
      this.#broker.commands[command.subject.class].publish(command);
      this.#broker.bus.publish(subject, command.body, command.headers);
    });
  }

  /** Queues in memory need no making. */
  async provision(service: string): Promise<void> {
    await this.#connection.read('consume', `worker-${service}`, () => {
      for (const queueClass of QUEUE_CLASSES) this.#broker.commands[queueClass].open(service);
    });
  }

  async queues(): Promise<readonly QueueStatus[]> {
    return this.#connection.read('consume', 'queues', () =>
      QUEUE_CLASSES.flatMap((queueClass) =>
        this.#broker.commands[queueClass].queues.map((queue) => ({ class: queueClass, ...queue })),
      ),
    );
  }

  async pause(
    queueClass: QueueClass,
    service: string,
    until: number | undefined,
    note?: PauseNote,
  ): Promise<void> {
    const isDone = await this.#connection.write('command', `pause ${service}`, () =>
      this.#broker.commands[queueClass].pause(service, until, note),
    );
    if (!isDone)
      throw new PawlError('no-such-queue', `There is no queue of ${queueClass} for ${service}.`);
  }

  async consume(
    queueClass: QueueClass,
    service: string,
    listener: CommandListener,
  ): Promise<CommandConsumer> {
    const stream = this.#broker.commands[queueClass];
    const name = `worker-${service} ${queueClass}`;
    await this.#connection.read('consume', name, () => stream.open(service));
    return new MemoryCommandConsumer(this.#connection, stream, service, name, listener);
  }
}

/** One worker's pull. */
class MemoryCommandConsumer implements CommandConsumer, Taker {
  readonly #connection: Connection;
  readonly #stream: CommandStream;
  readonly #service: string;
  readonly #name: string;
  readonly #listener: CommandListener;
  /** Delivery numbers that have arrived here, by command. */
  readonly #arrived = new WeakMap<QueuedCommand, number>();
  /** Wishes that no delivery has answered. */
  #wishes = 0;
  #isOpen = true;

  constructor(
    connection: Connection,
    stream: CommandStream,
    service: string,
    name: string,
    listener: CommandListener,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#service = service;
    this.#name = name;
    this.#listener = listener;
    connection.onState((state) => {
      stream.stopPulling(service, this);
      if (!this.#isOpen) return;
      if (state === 'connected') this.#pull(this.#wishes);
      if (state === 'disconnected')
        listener.onTrouble(new PawlError('no-connection', `${name}: the connection was lost.`));
    });
  }

  request(count: number): void {
    if (!this.#isOpen || count <= 0) return;
    this.#wishes += count;
    this.#pull(count);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.stopPulling(this.#service, this);
  }

  take(command: QueuedCommand): void {
    const deliveryCount = command.deliveryCount;
    this.#connection.toClient('delivery', command.wireSubject, () => {
      const delivery = this.#deliveryOf(command, deliveryCount);
      if (!this.#isOpen) return delivery.nak(0);
      if (this.#arrived.get(command) !== deliveryCount) this.#wishes -= 1;
      this.#arrived.set(command, deliveryCount);
      this.#listener.onCommand(delivery);
    });
  }

  expired(command: QueuedCommand): void {
    // A delivery that was lost on the way: the real pull would have expired and been repeated.
    if (this.#arrived.get(command) !== command.deliveryCount) this.#pull(1);
  }

  #pull(count: number): void {
    if (count <= 0) return;
    this.#connection.toBroker('pull', this.#name, () => {
      if (this.#isOpen) this.#stream.pull(this.#service, this, count);
    });
  }

  #deliveryOf(command: QueuedCommand, deliveryCount: number): CommandDelivery {
    const { subject, wireSubject, headers, body, storedAt } = command;
    return {
      subject,
      headers,
      body,
      deliveryCount,
      storedAt,
      ack: () => this.#connection.write('ack', wireSubject, () => this.#stream.ack(command)),
      nak: (delayMs) =>
        this.#connection.toBroker('nak', wireSubject, () =>
          this.#stream.nak(command, deliveryCount, delayMs),
        ),
      extend: () =>
        this.#connection.toBroker('extend', wireSubject, () =>
          this.#stream.extend(command, deliveryCount, this),
        ),
    };
  }
}

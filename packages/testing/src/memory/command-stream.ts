// The commands of one queue class at the broker: a work queue with one consumer per service.
import { HEADER, type Clock, type CommandSubject, type Headers } from '@pawl/core';
import type { OutgoingCommand, PauseNote, QueueStatus, Stoppable, Subjects } from '@pawl/core';
import { DedupeWindow } from './dedupe-window.ts';
import { checkTokens, copyBytes } from './limits.ts';

/** How long a worker may be silent before a command is delivered again, ms. */
export const ACK_WAIT_MS = 30_000;

/** A command in the queue. */
export interface QueuedCommand {
  readonly subject: CommandSubject;
  readonly wireSubject: string;
  readonly messageId: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly storedAt: number;
  deliveryCount: number;
  state: 'waiting' | 'in-flight' | 'delayed';
  /** Ack wait or nak delay. */
  timer?: Stoppable;
}

/** A worker that pulls. */
export interface Taker {
  take(command: QueuedCommand): void;
  /** The ack wait of what it was sent is over: a command that never arrived gives the wish back. */
  expired(command: QueuedCommand): void;
}

interface Pull {
  readonly taker: Taker;
  count: number;
}

interface ServiceQueue {
  /** Delivered before: they come before new ones. */
  readonly again: QueuedCommand[];
  readonly fresh: QueuedCommand[];
  pulls: Pull[];
  pause?: { readonly until: number; readonly note?: PauseNote; readonly end: Stoppable };
}

/** The stream of a class. */
export class CommandStream {
  readonly #clock: Clock;
  readonly #subjects: Subjects;
  readonly #bySubject = new Map<string, QueuedCommand>();
  readonly #services = new Map<string, ServiceQueue>();
  readonly #ids = new DedupeWindow();
  #sequence = 0;

  constructor(clock: Clock, subjects: Subjects) {
    this.#clock = clock;
    this.#subjects = subjects;
  }

  get queued(): readonly QueuedCommand[] {
    return [...this.#bySubject.values()];
  }

  /** Stores a command; false when it is there already or its id is remembered. */
  publish(command: OutgoingCommand): boolean {
    const { class: queueClass, service, task, actor, generation } = command.subject;
    const what = `The command ${command.messageId}`;
    checkTokens(what, [queueClass, service, task, actor.type, actor.id, generation]);
    const wireSubject = this.#subjects.command(command.subject);
    const now = this.#clock.now();
    if (this.#bySubject.has(wireSubject)) return false; // Expected last subject sequence: 0.
    if (this.#ids.find(command.messageId, now) !== undefined) return false;
    this.#sequence += 1;
    this.#ids.add(command.messageId, this.#sequence, now);
    const queued: QueuedCommand = {
      subject: { ...command.subject, actor: { ...actor } },
      wireSubject,
      messageId: command.messageId,
      headers: { ...command.headers, [HEADER.messageId]: command.messageId },
      body: copyBytes(command.body),
      storedAt: now,
      deliveryCount: 0,
      state: 'waiting',
    };
    this.#bySubject.set(wireSubject, queued);
    this.#queueOf(service).fresh.push(queued);
    this.#pump(service);
    return true;
  }

  /** Makes the queue of a service, if it is not there. */
  open(service: string): void {
    this.#queueOf(service);
  }

  /** Services with a queue, and until when each is paused, by whom. */
  get queues(): readonly Omit<QueueStatus, 'class'>[] {
    return [...this.#services].map(([service, { pause }]) => ({
      service,
      ...(pause !== undefined && { pausedUntil: pause.until }),
      ...(pause?.note !== undefined && { paused: pause.note }),
    }));
  }

  /** False: there is no queue of this service. */
  pause(service: string, until: number | undefined, note?: PauseNote): boolean {
    const queue = this.#services.get(service);
    if (queue === undefined) return false;
    queue.pause?.end.stop();
    delete queue.pause;
    const waitMs = (until ?? 0) - this.#clock.now();
    if (until !== undefined && waitMs > 0)
      queue.pause = {
        until,
        ...(note !== undefined && { note }),
        end: this.#clock.after(waitMs, () => this.pause(service, undefined)),
      };
    this.#pump(service);
    return true;
  }

  pull(service: string, taker: Taker, count: number): void {
    const { pulls } = this.#queueOf(service);
    const open = pulls.find((pull) => pull.taker === taker);
    if (open === undefined) pulls.push({ taker, count });
    else open.count += count;
    this.#pump(service);
  }

  /** Loses the memory of message ids. */
  forgetIds(): void {
    this.#ids.forget();
  }

  /** Forgets what a worker still wishes for. */
  stopPulling(service: string, taker: Taker): void {
    const queue = this.#queueOf(service);
    queue.pulls = queue.pulls.filter((pull) => pull.taker !== taker);
  }

  ack(command: QueuedCommand): void {
    command.timer?.stop();
    if (this.#bySubject.get(command.wireSubject) !== command) return;
    this.#bySubject.delete(command.wireSubject);
    const { again } = this.#queueOf(command.subject.service);
    const index = again.indexOf(command);
    if (index >= 0) again.splice(index, 1);
  }

  nak(command: QueuedCommand, deliveryCount: number, delayMs: number): void {
    if (!this.#isCurrent(command, deliveryCount)) return;
    command.timer?.stop();
    if (delayMs <= 0) return this.#deliverAgain(command);
    command.state = 'delayed';
    command.timer = this.#clock.after(delayMs, () => this.#deliverAgain(command));
  }

  extend(command: QueuedCommand, deliveryCount: number, taker: Taker): void {
    if (this.#isCurrent(command, deliveryCount)) this.#startAckWait(command, taker);
  }

  #isCurrent(command: QueuedCommand, deliveryCount: number): boolean {
    return command.state === 'in-flight' && command.deliveryCount === deliveryCount;
  }

  #queueOf(service: string): ServiceQueue {
    const queue = this.#services.get(service) ?? { again: [], fresh: [], pulls: [] };
    this.#services.set(service, queue);
    return queue;
  }

  #deliverAgain(command: QueuedCommand): void {
    if (this.#bySubject.get(command.wireSubject) !== command) return;
    command.state = 'waiting';
    this.#queueOf(command.subject.service).again.push(command);
    this.#pump(command.subject.service);
  }

  #startAckWait(command: QueuedCommand, taker: Taker): void {
    command.timer?.stop();
    command.timer = this.#clock.after(ACK_WAIT_MS, () => {
      taker.expired(command);
      this.#deliverAgain(command);
    });
  }

  #pump(service: string): void {
    const queue = this.#queueOf(service);
    if (queue.pause !== undefined) return;
    for (let pull = queue.pulls[0]; pull !== undefined; pull = queue.pulls[0]) {
      const command = queue.again.shift() ?? queue.fresh.shift();
      if (command === undefined) return;
      pull.count -= 1;
      if (pull.count <= 0) queue.pulls.shift();
      command.state = 'in-flight';
      command.deliveryCount += 1;
      this.#startAckWait(command, pull.taker);
      pull.taker.take(command);
    }
  }
}

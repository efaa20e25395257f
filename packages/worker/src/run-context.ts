// What a task is told besides its input, for one run of one command.
import type { ActorAddress, CommandBody, CommandDelivery, Log } from '@pawl/core';
import type { Execution } from './execution.ts';
import type { ProgressNotes } from './progress-notes.ts';
import type { TaskContext } from './task.ts';

/** A command under way in this worker. */
export interface Work {
  /** Its place among the held deliveries. */
  readonly token: number;
  readonly id: string;
  readonly command: CommandBody;
  readonly delivery: CommandDelivery;
  readonly notes: ProgressNotes;
}

/** The context of one run. Functions are fields: tasks take the object apart. */
export class RunContext implements TaskContext {
  readonly idempotencyKey: string;
  readonly attempt: number;
  readonly isRedelivery: boolean;
  readonly lastDetails: unknown;
  readonly actor: ActorAddress;
  readonly deadlineAt: number;
  readonly progress: (details: unknown) => Promise<void>;
  readonly log: Log;
  readonly #execution: Execution;

  constructor(log: Log, { command, delivery, notes }: Work, execution: Execution) {
    this.idempotencyKey = command.idempotencyKey;
    this.attempt = command.attempt;
    this.isRedelivery = delivery.deliveryCount > 1;
    this.lastDetails = notes.details;
    this.actor = command.actor;
    this.deadlineAt = command.deadlineAt;
    this.progress = (details) => notes.saveDetails(details);
    this.log = log;
    this.#execution = execution;
  }

  /** Made when the task asks for it. */
  get signal(): AbortSignal {
    return this.#execution.signal;
  }
}

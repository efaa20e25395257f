// The progress of one command while this worker has it: the task's note and the delivery counts.
import { checkJsonData } from '@pawl/core';
import type { Clock, CommandBody, Ports, ProgressBody } from '@pawl/core';
import { firstProgressKey, progressKey } from './inquiry.ts';

/** Writes the progress of one delivery. Each save resolves when stored. */
export interface ProgressNotes {
  readonly details: unknown;
  /** Did a poll of this attempt succeed before this delivery? */
  readonly polled: boolean;
  saveDetails(details: unknown): Promise<void>;
  /** The task answered `pending`: the deliveries so far are no crashes. */
  savePending(details: unknown): Promise<void>;
  /** About to run although an earlier delivery had no end. */
  saveStart(): Promise<void>;
  /** Given back without an answer: this delivery is no crash. */
  saveHandedBack(): Promise<void>;
}

/** What it needs. */
export interface ProgressNotesOptions {
  readonly ports: Ports;
  readonly service: string;
  readonly clock: Clock;
  readonly command: CommandBody;
  readonly deliveryCount: number;
  /** As found, undefined when there is none. */
  readonly before: ProgressBody | undefined;
  readonly details: unknown;
}

/** Notes for one delivery: an object that costs little, because most tasks leave none. */
class Notes implements ProgressNotes {
  readonly #options: ProgressNotesOptions;
  #details: unknown;
  #marks: Partial<ProgressBody> | undefined;

  constructor(options: ProgressNotesOptions) {
    this.#options = options;
    this.#details = options.details;
  }

  get details(): unknown {
    return this.#details;
  }

  get polled(): boolean {
    return this.#options.before?.pendingDelivery !== undefined;
  }

  saveDetails(details: unknown): Promise<void> {
    return this.#save(details);
  }

  savePending(details: unknown): Promise<void> {
    this.#marks = { pendingDelivery: this.#options.deliveryCount };
    return this.#save(details);
  }

  saveStart(): Promise<void> {
    const { before } = this.#options;
    this.#marks = { ...this.#currentMarks, starts: (before?.starts ?? 0) + 1 };
    return this.#save(undefined);
  }

  saveHandedBack(): Promise<void> {
    const { before } = this.#options;
    this.#marks = { ...this.#currentMarks, handedBack: (before?.handedBack ?? 0) + 1 };
    return this.#save(undefined);
  }

  /** Those of earlier deliveries, until this one sets its own. */
  get #currentMarks(): Partial<ProgressBody> {
    const { pendingDelivery, handedBack, starts } = this.#options.before ?? {};
    return (
      this.#marks ?? {
        ...(pendingDelivery !== undefined && { pendingDelivery }),
        ...(handedBack !== undefined && { handedBack }),
        ...(starts !== undefined && { starts }),
      }
    );
  }

  async #save(next: unknown): Promise<void> {
    const { ports, service, clock, command } = this.#options;
    if (next !== undefined) checkJsonData(next, `The progress of ${command.task}`);
    this.#details = next ?? this.#details;
    const details = this.#details;
    const note = { ...(details !== undefined && { details }), time: clock.now() };
    const key = progressKey(command, service);
    const firstKey = firstProgressKey(command, service);
    await ports.progress.save(key, { ...note, ...this.#currentMarks });
    // Later attempts look there: they know their own generation and the first one's.
    if (next !== undefined && key.generation !== firstKey.generation)
      await ports.progress.save(firstKey, note);
  }
}

/** Notes for one delivery. */
export const createProgressNotes = (options: ProgressNotesOptions): ProgressNotes =>
  new Notes(options);

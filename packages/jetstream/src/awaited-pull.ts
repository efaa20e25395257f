// Pulling from a queue that may not be there yet: asked for now, pulled once somebody has made it.
import { PawlError, type Clock, type CommandConsumer, type CommandListener } from '@pawl/core';
import { errorOf } from './broker-error.ts';

const LOOK_EVERY_MS = 1_000;
/** Said at once, and again every half minute. */
const LOOKS_PER_WORD = 30;

/** What is awaited. */
export interface AwaitedQueue {
  readonly consumer: string;
  readonly stream: string;
  readonly service: string;
  /** Is the queue there by now? */
  readonly exists: () => Promise<boolean>;
  /** Starts pulling it. */
  readonly open: () => CommandConsumer;
}

/** A worker under its role may not create its queue: this one waits until a host has. */
export class AwaitedPull implements CommandConsumer {
  readonly #queue: AwaitedQueue;
  readonly #listener: CommandListener;
  readonly #clock: Clock;
  #pull: CommandConsumer | undefined;
  #wished = 0;
  #looks = 0;
  #isClosed = false;
  #stopWaiting: () => void = () => undefined;

  constructor(queue: AwaitedQueue, listener: CommandListener, clock: Clock) {
    this.#queue = queue;
    this.#listener = listener;
    this.#clock = clock;
    this.#wait();
  }

  request(count: number): void {
    if (this.#pull === undefined) this.#wished += count;
    else this.#pull.request(count);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWaiting();
    await this.#pull?.close();
  }

  #wait(): void {
    const { consumer, stream, service } = this.#queue;
    if (this.#looks % LOOKS_PER_WORD === 0)
      this.#listener.onTrouble(
        new PawlError(
          'not-authorized',
          `The queue ${consumer} of ${stream} is not there, and this user may not create it: the ` +
            `worker of ${service} waits for a host or \`pawl provision --consumers\` to create the ` +
            'queue.',
        ),
      );
    this.#looks += 1;
    const timer = this.#clock.after(LOOK_EVERY_MS, () => void this.#look());
    this.#stopWaiting = () => timer.stop();
  }

  async #look(): Promise<void> {
    let isThere = false;
    try {
      isThere = await this.#queue.exists();
    } catch (error) {
      if (!this.#isClosed) this.#listener.onTrouble(errorOf(error));
    }
    if (this.#isClosed) return;
    if (!isThere) {
      this.#wait();
      return;
    }
    this.#pull = this.#queue.open();
    this.#pull.request(this.#wished);
  }
}

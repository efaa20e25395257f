// Port: commands on their way to workers, one queue per class and service.
import type { CommandSubject } from '../subjects.ts';
import type { Headers } from '../headers.ts';
import type { QueueClass } from '../command.ts';

/** A command to publish. */
export interface OutgoingCommand {
  readonly subject: CommandSubject;
  /** The command id. */
  readonly messageId: string;
  readonly body: Uint8Array;
  readonly headers?: Headers;
}

/** A command on its way to a worker. */
export interface CommandDelivery {
  readonly subject: CommandSubject;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** 1 for the first delivery; polls count too. */
  readonly deliveryCount: number;
  /** When the broker stored it, ms since 1970. */
  readonly storedAt: number;
  /** Done with: resolves when the broker knows. */
  ack(): Promise<void>;
  /** Deliver again after `delayMs`. */
  nak(delayMs: number): void;
  /** Still at it: the ack wait (30 s) starts again. */
  extend(): void;
}

/** A worker's pull of one class. */
export interface CommandConsumer {
  /** Takes at most `count` more commands than before. Unused wishes stay open. */
  request(count: number): void;
  /** Stops taking. Commands that arrive afterwards are given back at once. */
  close(): Promise<void>;
}

/** What a command consumer tells the worker. */
export interface CommandListener {
  onCommand(delivery: CommandDelivery): void;
  /** The adapter could not pull; it goes on trying. */
  onTrouble(error: Error): void;
}

/** Who has paused a queue, when, and why. */
export interface PauseNote {
  /** A claim. */
  readonly by: string;
  /** ms since 1970. */
  readonly at: number;
  readonly why?: string;
}

/** A queue: the commands of one class for one service. */
export interface QueueStatus {
  readonly class: QueueClass;
  readonly service: string;
  /** Nothing is delivered before this, ms since 1970. Undefined: it is not paused. */
  readonly pausedUntil?: number;
  /** Undefined: it is not paused, or by other means than these. */
  readonly paused?: PauseNote;
}

/** Commands. */
export interface CommandQueue {
  /**
   * Resolves when stored or already there; a completed command may be stored again after the
   * window.
   */
  publish(command: OutgoingCommand): Promise<void>;
  /** Makes sure that a service has its queue in every class, also before its first worker. */
  provision(service: string): Promise<void>;
  /** The queues that exist, by class and service. */
  queues(): Promise<readonly QueueStatus[]>;
  /**
   * Delivers nothing of a queue before `until`, ms since 1970; without it, goes on. What workers
   * have been given runs to its end. `note` is kept while the pause lasts. Throws `no-such-queue`.
   */
  pause(
    queueClass: QueueClass,
    service: string,
    until: number | undefined,
    note?: PauseNote,
  ): Promise<void>;
  /** Opens the queue of (class, service); it is created when missing. */
  consume(
    queueClass: QueueClass,
    service: string,
    listener: CommandListener,
  ): Promise<CommandConsumer>;
}

// Pausing and resuming the commands of a class or a service: what is out runs to its end.
import { checkName, checkQueueClass, PawlError, QUEUE_CLASSES } from '@pawl/core';
import type { PauseNote, QueueClass, QueueStatus } from '@pawl/core';
import type { ClientShell } from '../client-shell.ts';

/** Which queues: of a class, of a service, or one. Without either: all. */
export interface QueueFilter {
  readonly class?: QueueClass;
  readonly service?: string;
}

/** Options of `pause`. */
export interface PauseOptions {
  /** How long, ms. Default: until somebody resumes it. */
  readonly forMs?: number;
  /** The reason, for those who wonder why nothing moves. */
  readonly why?: string;
}

/** The queues of commands, seen by an operator. */
export interface OperatedQueues {
  /** By class and service. */
  list(filter?: QueueFilter): Promise<readonly QueueStatus[]>;
  /**
   * Workers get no more of these commands; those that they have run to their end, and deadlines
   * run on. Returns the queues as they are then. Throws `no-such-queue` when none is meant.
   */
  pause(filter: QueueFilter, options?: PauseOptions): Promise<readonly QueueStatus[]>;
  /** They get them again. */
  resume(filter: QueueFilter): Promise<readonly QueueStatus[]>;
}

/** Ends never, as far as anybody is concerned. The broker wants a time. */
const FOR_EVER_MS = 100 * 365 * 86_400_000;

/** Does this pause end only when somebody resumes the queue? */
export const isUntilResumed = (until: number, now: number): boolean =>
  until - now > FOR_EVER_MS / 2;

/** The queues that `shell` reaches. */
export const operateQueues = ({ ports, clock, by }: ClientShell): OperatedQueues => {
  const list = async (filter: QueueFilter = {}): Promise<readonly QueueStatus[]> => {
    if (filter.class !== undefined) checkQueueClass('The filter', filter.class);
    if (filter.service !== undefined) checkName('service', filter.service);
    const found = await ports.commands.queues();
    return found
      .filter(
        (queue) =>
          queue.class === (filter.class ?? queue.class) &&
          queue.service === (filter.service ?? queue.service),
      )
      .toSorted(
        (one, other) =>
          one.service.localeCompare(other.service) ||
          QUEUE_CLASSES.indexOf(one.class) - QUEUE_CLASSES.indexOf(other.class),
      );
  };
  const setAll = async (
    filter: QueueFilter,
    until: number | undefined,
    note?: PauseNote,
  ): Promise<readonly QueueStatus[]> => {
    const queues = await list(filter);
    if (queues.length === 0) throw await noSuchQueue(filter);
    for (const queue of queues) await ports.commands.pause(queue.class, queue.service, until, note);
    return list(filter);
  };
  const noSuchQueue = async (filter: QueueFilter): Promise<PawlError> => {
    const services = new Set((await ports.commands.queues()).map(({ service }) => service));
    const all = [...services].toSorted().join(', ') || 'none: no host and no worker has started';
    const { service, class: queueClass } = filter;
    const what = [queueClass && `class ${queueClass}`, service && `service ${service}`];
    return new PawlError(
      'no-such-queue',
      `There is no queue of ${what.filter(Boolean).join(' and ') || 'any kind'}. ` +
        `Services with queues: ${all}.`,
    );
  };
  return {
    list,
    pause: (filter, { forMs = FOR_EVER_MS, why } = {}) => {
      const at = clock.now();
      const reason = why === undefined ? {} : { why };
      return setAll(filter, at + forMs, { by: by ?? 'operator', at, ...reason });
    },
    resume: (filter) => setAll(filter, undefined),
  };
};

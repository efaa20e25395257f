// Pausing the queue of a service: the server keeps it, over restarts and elections.
import { PawlError, type QueueClass } from '@pawl/core';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { API_CODE, apiCodeOf } from './broker-error.ts';
import type { Broker } from './broker.ts';

interface PauseAnswer {
  readonly paused: boolean;
  /** ns */
  readonly pause_remaining?: number;
}

/** Which queue. */
export interface PausedQueue {
  readonly class: QueueClass;
  readonly service: string;
  readonly stream: string;
  readonly consumer: string;
}

/** Long enough to reach the server before it is over, short enough to wait for. */
const ENDING_MS = 100;
const TRIES_MAX = 5;

const asked = async <Answer>(
  { class: queueClass, service }: PausedQueue,
  answer: Promise<Answer>,
): Promise<Answer> => {
  try {
    return await answer;
  } catch (error) {
    if (apiCodeOf(error) !== API_CODE.consumerNotFound) throw error;
    throw new PawlError(
      'no-such-queue',
      `There is no queue of class ${queueClass} for the service ${service}: no host and no ` +
        'worker has needed one.',
      { cause: error },
    );
  }
};

const pauseUntil = (
  { publisher }: Broker,
  queue: PausedQueue,
  at: number,
): Promise<PauseAnswer> => {
  const path = `CONSUMER.PAUSE.${queue.stream}.${queue.consumer}`;
  const body = { pause_until: new Date(at).toISOString() };
  return asked(queue, publisher.askApi<PauseAnswer>(path, body));
};

/** Delivers nothing before `until`, ms since 1970. */
export const pauseQueue = async (
  broker: Broker,
  queue: PausedQueue,
  until: number,
): Promise<void> => {
  await pauseUntil(broker, queue, until);
};

/**
 * Delivers again. A server that is told to resume does not look at the pulls that wait (2.15.2:
 * they get nothing until the next command is stored), but it does when a pause ends by itself: so
 * the pause is made to end in a moment, by the server's own clock.
 */
export const resumeQueue = async (broker: Broker, queue: PausedQueue): Promise<void> => {
  const { publisher, clock } = broker;
  const path = `CONSUMER.INFO.${queue.stream}.${queue.consumer}`;
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const info = await asked(queue, publisher.askApi<ConsumerInfo>(path));
    if (info.paused !== true) return;
    const now = Date.parse((info as ConsumerInfo & { readonly ts: string }).ts);
    const { paused, pause_remaining: nanos = 0 } = await pauseUntil(
      broker,
      queue,
      now + ENDING_MS * tries,
    );
    // Over before it came there: the pulls were not looked at, so it is paused and ended again.
    if (!paused) {
      await pauseUntil(broker, queue, now + 60_000);
      continue;
    }
    await new Promise<void>((resolve) => {
      clock.after(Math.ceil(nanos / 1_000_000) + 1, resolve);
    });
    return;
  }
  throw new PawlError(
    'outcome-unknown',
    `The queue of class ${queue.class} for ${queue.service} could not be resumed in time: the ` +
      'server is slow. It resumes by itself within a minute.',
  );
};

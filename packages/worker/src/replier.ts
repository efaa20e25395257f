// Appends replies to the journal, again and again until the broker has them.
import { commandId, encodeBody, errorDataOf, errorFields, HEADER, PawlError } from '@pawl/core';
import type { Clock, CommandBody, Headers, Log, Ports, ReplyBody } from '@pawl/core';
import { wait } from './wait.ts';
import type { Outcome } from './settlement.ts';

/** What a replier needs. */
export interface ReplierOptions {
  readonly ports: Ports;
  readonly service: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Goes false when the worker has stopped: then nobody may wait for the broker any longer. */
  readonly isAlive: () => boolean;
  readonly onRetry: () => void;
}

/** A reply about to be sent. */
export interface OutgoingReply {
  readonly command: CommandBody;
  /** Headers of the command: the trace goes on. */
  readonly headers: Headers;
  readonly outcome: Outcome;
  readonly polled: boolean;
}

const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 5_000;

const bodyOf = ({ command, outcome, polled }: OutgoingReply): ReplyBody => ({
  task: command.task,
  path: command.path,
  generation: command.generation,
  ...(polled && { polled }),
  ...outcome,
});

const headersOf = ({ command, headers }: OutgoingReply): Headers => {
  const traceparent = headers[HEADER.traceparent];
  return {
    [HEADER.cause]: commandId(command.actor, command.path, command.generation),
    ...(traceparent !== undefined && { [HEADER.traceparent]: traceparent }),
  };
};

/**
 * The function that appends a reply. It resolves when the reply is stored; a repeat after an
 * unknown outcome is harmless, because one reply per generation is folded. Rejects when the
 * broker will never take it, or when the worker has stopped.
 */
export const createReplier = (
  options: ReplierOptions,
): ((reply: OutgoingReply) => Promise<void>) => {
  const { ports, service, clock, log, isAlive, onRetry } = options;
  const kindToken = `reply-${service}`;

  return async (reply) => {
    const { type, id } = reply.command.actor;
    let body = encodeBody(bodyOf(reply));
    for (let delayMs = BACKOFF_MIN_MS; ; delayMs = Math.min(delayMs * 2, BACKOFF_MAX_MS)) {
      try {
        await ports.journal.append({ type, id, kindToken, body, headers: headersOf(reply) });
        return;
      } catch (error) {
        if (!(error instanceof PawlError)) throw error;
        if (error.code === 'payload-too-large' && reply.outcome.outcome !== 'cancelled') {
          const tooLarge = { ...errorDataOf(error), retryable: false };
          log('error', 'A reply is larger than the broker takes; answering failed', {
            task: reply.command.task,
            ...errorFields(error),
          });
          const outcome = { outcome: 'failed', error: withoutDetails(tooLarge) } as const;
          body = encodeBody(bodyOf({ ...reply, outcome }));
          continue;
        }
        if (!error.retryable || !isAlive()) throw error;
        onRetry();
        log('warn', 'A reply could not be stored yet', errorFields(error));
        await wait(clock, delayMs);
      }
    }
  };
};

const withoutDetails = ({
  code,
  message,
  retryable,
}: ReturnType<typeof errorDataOf>): ReturnType<typeof errorDataOf> => ({
  code,
  message: message.slice(0, 1_000),
  ...(retryable !== undefined && { retryable }),
});

// The task `schedule-fan-out`: an event for all actors of a type, page by page.
import {
  addressKey,
  decodeBody,
  encodeBody,
  encodeJson,
  generationSequence,
  HEADER,
  PawlError,
  type ActorSummary,
  type ErrorData,
  type FanOutInput,
  type FanOutOutput,
  type ListQuestion,
  type Ports,
} from '@pawl/core';
import type { TaskContext } from '../task.ts';

/** How far it has come: kept with the command, so that another worker goes on from there. */
interface Position {
  readonly partition: number;
  /** Index in `states`. */
  readonly state: number;
  /** Id after which the page starts. */
  readonly after: string;
  readonly sent: number;
}

const PAGE = 100;
const ASK_TIMEOUT_MS = 5000;

const askPage = async (
  { bus, subjects }: Ports,
  type: string,
  partition: number,
  question: ListQuestion,
): Promise<{ readonly actors: readonly ActorSummary[]; readonly next?: string }> => {
  const subject = subjects.list(type, partition);
  const reply = await bus.request(subject, encodeJson(question), { timeoutMs: ASK_TIMEOUT_MS });
  const body = decodeBody(reply.body);
  if (body['error'] === undefined)
    return body as unknown as { actors: readonly ActorSummary[]; next?: string };
  const { message } = body['error'] as ErrorData;
  throw new PawlError(
    'no-answer',
    `Partition ${partition} of ${type} could not be listed: ${message}`,
  );
};

/**
 * Sends the event to one actor. The same id again is dropped by the broker, for two minutes; later
 * only the journal tells. `repeatFrom`: it may have been sent since this entry.
 */
const sendEvent = async (
  ports: Ports,
  { schedule, tick, event }: FanOutInput,
  { type, id }: ActorSummary,
  repeatFrom: number | undefined,
): Promise<void> => {
  const messageId = `${addressKey({ type, id })}/${schedule}/${tick}/${id}`;
  if (repeatFrom !== undefined) {
    const since = await ports.journal.read({ type, id }, { from: repeatFrom });
    if (since.some(({ headers }) => headers[HEADER.messageId] === messageId)) return;
  }
  await ports.journal.append({
    type,
    id,
    kindToken: 'event',
    body: encodeBody(event),
    headers: { [HEADER.class]: 'background', [HEADER.by]: `schedule/${schedule}` },
    messageId,
  });
};

/** Sequence of the entry that caused the first attempt: nothing was sent before it. */
const begunAt = ({ idempotencyKey }: TaskContext): number =>
  generationSequence(idempotencyKey.slice(idempotencyKey.lastIndexOf('@') + 1));

/**
 * Sends the event to every active actor in one of the states. What was sent is noted after each
 * page; only the page under way is sent again by a worker that takes over, under the same ids.
 */
export const fanOut =
  (ports: Ports) =>
  async (input: FanOutInput, context: TaskContext): Promise<FanOutOutput> => {
    const { partitions } = await ports.journal.identity();
    const states: readonly (string | undefined)[] = input.states ?? [undefined];
    let { partition, state, after, sent } = (context.lastDetails ?? {
      ...{ partition: 0, state: 0, after: '', sent: 0 },
    }) as Position;
    const isNew = !context.isRedelivery && context.attempt === 1;
    let mayBeRepeat = !isNew || context.lastDetails !== undefined;
    while (partition < partitions) {
      context.signal.throwIfAborted();
      const name = states[state];
      const page = await askPage(ports, input.type, partition, {
        ...(name !== undefined && { state: name }),
        ...(after !== '' && { after }),
        limit: PAGE,
      });
      const active = page.actors.filter(({ status }) => status === 'active');
      const repeatFrom = mayBeRepeat ? begunAt(context) : undefined;
      await Promise.all(active.map((actor) => sendEvent(ports, input, actor, repeatFrom)));
      sent += active.length;
      mayBeRepeat = false;
      after = page.next ?? '';
      if (page.next === undefined) state += 1;
      if (state >= states.length) [partition, state] = [partition + 1, 0];
      const position: Position = { partition, state, after, sent };
      await context.progress(position);
    }
    return { sent };
  };

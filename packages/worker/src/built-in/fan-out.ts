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

/** How the events of a page are sent. */
interface Sending {
  readonly answerTo: string;
  /** They may have been sent since this entry. */
  readonly repeatFrom: number | undefined;
}

/** Counts the events that actors have refused: they had moved on since the list was read. */
class Refusals {
  readonly #ports: Ports;
  readonly #token = crypto.randomUUID().slice(0, 8);
  readonly #counts = new Map<string, number>();
  #isListening = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Where an actor answers. Whoever is answered has no need of a dead letter. */
  subject(schedule: string): string {
    this.#listen();
    return this.#ports.subjects.answer('schedule', `${this.#token}.${schedule}`);
  }

  /** Those of a schedule since the last call. */
  take(schedule: string): number {
    const count = this.#counts.get(schedule) ?? 0;
    this.#counts.delete(schedule);
    return count;
  }

  /** As long as the worker: an answer may come after the run. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const { bus, subjects } = this.#ports;
    bus.subscribe(subjects.answer('schedule', `${this.#token}.*`), ({ subject, body }) => {
      if (decodeBody(body)['outcome'] !== 'refused') return;
      const schedule = subject.split('.').at(-1) ?? '';
      this.#counts.set(schedule, (this.#counts.get(schedule) ?? 0) + 1);
    });
  }
}

/**
 * Sends the event to one actor. The same id again is dropped by the broker, for two minutes; later
 * only the journal tells.
 */
const sendEvent = async (
  ports: Ports,
  { schedule, tick, event }: FanOutInput,
  { type, id }: ActorSummary,
  { answerTo, repeatFrom }: Sending,
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
    headers: {
      [HEADER.class]: 'background',
      [HEADER.by]: `schedule/${schedule}`,
      [HEADER.answerTo]: answerTo,
    },
    messageId,
  });
};

/** Sequence of the entry that caused the first attempt: nothing was sent before it. */
const begunAt = ({ idempotencyKey }: TaskContext): number =>
  generationSequence(idempotencyKey.slice(idempotencyKey.lastIndexOf('@') + 1));

/**
 * Sends the event to every active actor in one of the states. What was sent is noted after each
 * page; only the page under way is sent again by a worker that takes over, under the same ids. What
 * actors refuse is counted: answers that come after the run are told by the next one.
 */
export const fanOut = (
  ports: Ports,
): ((input: FanOutInput, context: TaskContext) => Promise<FanOutOutput>) => {
  const refusals = new Refusals(ports);
  return async (input, context) => {
    const answerTo = refusals.subject(input.schedule);
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
      await Promise.all(
        active.map((actor) => sendEvent(ports, input, actor, { answerTo, repeatFrom })),
      );
      sent += active.length;
      mayBeRepeat = false;
      after = page.next ?? '';
      if (page.next === undefined) state += 1;
      if (state >= states.length) [partition, state] = [partition + 1, 0];
      const position: Position = { partition, state, after, sent };
      await context.progress(position);
    }
    const refused = refusals.take(input.schedule);
    return { sent, ...(refused > 0 && { refused }) };
  };
};

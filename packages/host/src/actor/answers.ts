// Telling the sender and all watchers what an entry did.
import {
  encodeBody,
  encodeJson,
  errorDataOf,
  HEADER,
  letterBodyOf,
  letterErrorOf,
  PawlError,
  readEntry,
  stateNoticeOf,
  stateViewOf,
  type ActorAddress,
  type ActorState,
  type Answer,
  type CreateBody,
  type Entry,
  type ErrorData,
  type HostBody,
  type ParentLink,
  type Ports,
  type RegisteredMachine,
  type Step,
  type StoredEntry,
} from '@pawl/core';

/** Tokens of a literal subject. */
const TOKENS = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * The subject on which an answer may go: only below `<prefix>.answer.`, else any client could make
 * the host publish anywhere with the host's rights.
 */
export const answerSubject = (
  { subjects }: Pick<Ports, 'subjects'>,
  entry: Pick<StoredEntry, 'headers'>,
): string | undefined => {
  const subject = entry.headers[HEADER.answerTo];
  if (subject === undefined) return undefined;
  const start = `${subjects.prefix}.answer.`;
  const isAnswer = subject.startsWith(start) && TOKENS.test(subject.slice(start.length));
  return isAnswer ? subject : undefined;
};

/** Answers the sender of an entry that was folded. */
export const answerStep = (
  ports: Ports,
  machine: RegisteredMachine,
  entry: Entry,
  { outcome, state }: Step,
): void => {
  const subject = answerSubject(ports, entry);
  if (subject === undefined) return;
  const view = state === undefined ? undefined : stateViewOf(machine, state);
  publishAnswer(ports, subject, entry, answerOf(entry.sequence, outcome, view));
};

/** Of the message of an error in an answer that was too large, in characters. */
const MESSAGE_MAX = 1000;

/** An answer as short as can be: without state and details. */
export const shortened = (answer: Answer, why: PawlError): Answer => {
  const { sequence } = answer;
  if (answer.outcome === 'applied')
    return { sequence, outcome: 'applied', error: errorDataOf(why) };
  if (answer.outcome === 'ignored')
    return { sequence, outcome: 'ignored', reason: answer.reason, error: errorDataOf(why) };
  const { outcome, error } = answer;
  const { code, message, retryable } = error;
  const short = { code, message: message.slice(0, MESSAGE_MAX).toWellFormed() };
  return { sequence, outcome, error: { ...short, ...(retryable !== undefined && { retryable }) } };
};

/** What a reader hears of a state, or of a page, that does not fit into a message. */
export const tooLargeToRead = (
  { type, id }: ActorAddress,
  what: string,
  cause: unknown,
): unknown =>
  cause instanceof PawlError && cause.code === 'payload-too-large'
    ? new PawlError(
        'payload-too-large',
        `${what} ${type}/${id} does not fit into a message: ${cause.message} Give nats-server a ` +
          'larger max_payload, or the machine a smaller contextMax.',
        { details: cause.details, cause },
      )
    : cause;

/** Publishes an answer; one that is larger than the broker takes goes without the state. */
const publishAnswer = (
  { bus }: Pick<Ports, 'bus'>,
  subject: string,
  entry: Pick<StoredEntry, 'type' | 'id'>,
  answer: Answer,
): void => {
  try {
    bus.publish(subject, encodeJson(answer));
  } catch (error) {
    const words = `Entry ${answer.sequence} was ${answer.outcome}, but the state of`;
    const why = tooLargeToRead(entry, words, error);
    if (!(why instanceof PawlError) || why.code !== 'payload-too-large') throw error;
    bus.publish(subject, encodeJson(shortened(answer, why)));
  }
};

/** The answer to an entry: its outcome, and the state after it if there is an actor. */
export const answerOf = (
  sequence: number,
  outcome: Step['outcome'],
  state: ReturnType<typeof stateViewOf> | undefined,
): Answer => {
  const { kind, ...rest } = outcome;
  return { sequence, outcome: kind, ...rest, ...(state !== undefined && { state }) } as Answer;
};

/** Who waits for the actor that a create was to bring. */
const parentOf = (stored: StoredEntry): ParentLink | undefined => {
  if (stored.kindToken !== 'child') return undefined;
  try {
    return (readEntry(stored).body as CreateBody).parent;
  } catch {
    return undefined; // Unreadable: a dead letter keeps it.
  }
};

/**
 * Tells why an entry was not taken: whoever asked for an answer, the parent of a child that was not
 * created, or else the dead letters.
 */
export const refuseEntry = async (
  ports: Ports,
  stored: StoredEntry,
  error: ErrorData,
): Promise<void> => {
  const subject = answerSubject(ports, stored);
  if (subject !== undefined) {
    const answer: Answer = { sequence: stored.sequence, outcome: 'refused', error };
    publishAnswer(ports, subject, stored, answer);
    return;
  }
  const parent = parentOf(stored);
  if (parent !== undefined) {
    const { type, id, path, generation } = parent;
    const body: HostBody = { type: 'child-failed', path, generation, error };
    await ports.journal.append({ type, id, kindToken: 'host', body: encodeBody(body) });
    return;
  }
  await ports.deadLetters.publish({
    id: `journal-${stored.sequence}`,
    actor: { type: stored.type, id: stored.id },
    error: letterErrorOf(error),
    sequence: stored.sequence,
    subject: ports.subjects.entry(stored.kindToken, stored),
    body: letterBodyOf(stored.body),
    time: stored.time,
  });
};

/** Tells watchers the new state. */
export const publishNotice = ({ bus, subjects }: Ports, state: ActorState): void =>
  bus.publish(subjects.state(state), encodeJson(stateNoticeOf(state)));

// Telling the sender and all watchers what an entry did.
import {
  encodeBody,
  encodeJson,
  HEADER,
  readEntry,
  stateNoticeOf,
  stateViewOf,
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
  ports.bus.publish(subject, encodeJson(answerOf(entry.sequence, outcome, view)));
};

const answerOf = (
  sequence: number,
  outcome: Step['outcome'],
  state: ReturnType<typeof stateViewOf> | undefined,
): Answer => {
  const found = state === undefined ? {} : { state };
  if (outcome.kind !== 'applied') {
    const { kind, ...rest } = outcome;
    return { sequence, outcome: kind, ...rest, ...found } as Answer;
  }
  // An applied entry always leaves a state.
  return { sequence, outcome: 'applied', ...found } as Answer;
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
    ports.bus.publish(subject, encodeJson(answer));
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
    error: { code: error.code, message: error.message },
    sequence: stored.sequence,
    subject: ports.subjects.entry(stored.kindToken, stored),
    body: readableBody(stored.body),
    time: stored.time,
  });
};

/** A larger body may not fit into a letter; the journal has it. */
const BODY_BYTES_MAX = 256 * 1024;

/** The body as text when it is text, else as base64. */
const readableBody = (body: Uint8Array): unknown => {
  if (body.byteLength > BODY_BYTES_MAX) return { bytes: body.byteLength };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(body) };
  } catch {
    return { base64: Buffer.from(body).toString('base64') };
  }
};

/** Tells watchers the new state. */
export const publishNotice = ({ bus, subjects }: Ports, state: ActorState): void =>
  bus.publish(subjects.state(state), encodeJson(stateNoticeOf(state)));

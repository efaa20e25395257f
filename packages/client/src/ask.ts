// Questions to hosts, asked again while none is there: a host that takes over needs a moment.
import { decodeBody, encodeJson, PawlError } from '@pawl/core';
import type {
  ActorAddress,
  Answer,
  Body,
  ErrorData,
  HistoryEntry,
  JournalLine,
  PermitPage,
  Question,
  StateView,
} from '@pawl/core';
import { errorOfData } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { isAbsence, requestPatiently } from './patient-request.ts';
import { wait } from './wait.ts';

const ASK_AGAIN_MS = 200;

/** Asks until somebody answers or the time is over. Throws `no-answer` and what the host says. */
export const ask = async (
  shell: ClientShell,
  subject: string,
  question: unknown,
  timeoutMs: number = shell.timeoutMs,
): Promise<Body> => {
  const until = shell.clock.now() + timeoutMs;
  for (;;) {
    shell.checkOpen();
    try {
      const left = Math.max(1, until - shell.clock.now());
      const { bus } = shell.ports;
      const body = encodeJson(question);
      const message = await requestPatiently(bus, shell.clock, subject, body, left);
      const reply = decodeBody(message.body);
      if (reply['error'] !== undefined) throw errorOfData(reply['error'] as ErrorData);
      return reply;
    } catch (error) {
      if (!isAbsence(error) || shell.clock.now() + ASK_AGAIN_MS >= until) throw error;
      await wait(shell.clock, ASK_AGAIN_MS);
    }
  }
};

/** A question about one actor. Says why nobody answered. */
const askActor = async (
  shell: ClientShell,
  actor: ActorAddress,
  question: Question,
  timeoutMs?: number,
): Promise<Body> => {
  try {
    return await ask(shell, shell.ports.subjects.query(actor), question, timeoutMs);
  } catch (error) {
    if (error instanceof PawlError && error.code === 'no-answer')
      throw await shell.types.whyNoAnswer(actor);
    throw error;
  }
};

/** The actor's state at the journal's head, or at least at `atLeast`. Throws `no-such-actor`. */
export const askState = async (
  shell: ClientShell,
  actor: ActorAddress,
  options: { readonly atLeast?: number; readonly timeoutMs?: number } = {},
): Promise<StateView> => {
  const { atLeast, timeoutMs } = options;
  const question: Question = { ask: 'state', ...(atLeast !== undefined && { atLeast }) };
  const reply = await askActor(shell, actor, question, timeoutMs);
  return reply['state'] as StateView;
};

/** Limits only: a page of those who hold a permit and those who wait. */
export const askPermits = async (
  shell: ClientShell,
  actor: ActorAddress,
  page: { readonly after?: number; readonly limit?: number },
): Promise<PermitPage> => {
  const reply = await askActor(shell, actor, { ask: 'permits', ...page });
  return reply['permits'] as PermitPage;
};

/** The entry at a sequence as the journal has it; null when it is none of the actor. */
export const askEntry = async (
  shell: ClientShell,
  actor: ActorAddress,
  sequence: number,
): Promise<JournalLine | null> => {
  const reply = await askActor(shell, actor, { ask: 'entry', sequence });
  return reply['entry'] as JournalLine | null;
};

/** The answer to the entry at a sequence. Throws `actor-parked` while that waits, `no-answer`. */
export const askAnswer = async (
  shell: ClientShell,
  actor: ActorAddress,
  sequence: number,
): Promise<Answer> => {
  const reply = await askActor(shell, actor, { ask: 'answer', sequence });
  return reply['answer'] as Answer;
};

/** One page of a history. */
export interface HistoryPage {
  readonly history: readonly HistoryEntry[];
  readonly next?: number;
}

/** A page of the actor's history. */
export const askHistory = async (
  shell: ClientShell,
  actor: ActorAddress,
  page: { readonly from?: number; readonly limit?: number },
): Promise<HistoryPage> => {
  const reply = await askActor(shell, actor, { ask: 'history', ...page });
  return reply as unknown as HistoryPage;
};

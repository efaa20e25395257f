// From a published entry to what became of it: the answer, or the history when the answer got lost.
import { errorDataOf, HEADER, PawlError, type ActorAddress, type Answer } from '@pawl/core';
import { askHistory, askState } from './ask.ts';
import { OutcomeUnknownError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { publishEntry, type ClientEntry, type PublishedEntry } from './publish-entry.ts';

/** How an entry is published; create has its own way. */
export type Publish = (entry: ClientEntry, until: number) => Promise<PublishedEntry>;

/** What the history says about the entry at a sequence; undefined while it is not folded. */
const outcomeFromHistory = async (
  shell: ClientShell,
  { actor }: ClientEntry,
  sequence: number,
): Promise<Answer | undefined> => {
  const { history } = await askHistory(shell, actor, { from: sequence, limit: 1 });
  const entry = history.find((candidate) => candidate.sequence === sequence);
  if (entry === undefined) return undefined;
  const { kind, ...rest } = entry.outcome;
  const state = await stateAfter(shell, actor, sequence);
  return { sequence, outcome: kind, ...state, ...rest } as Answer;
};

/** A state that is too large to be sent is no reason not to tell the outcome. */
const stateAfter = async (
  shell: ClientShell,
  actor: ActorAddress,
  sequence: number,
): Promise<Pick<Answer & { readonly outcome: 'applied' }, 'state' | 'error'>> => {
  try {
    return { state: await askState(shell, actor, { atLeast: sequence }) };
  } catch (error) {
    if (!(error instanceof PawlError) || error.code !== 'payload-too-large') throw error;
    return { error: errorDataOf(error) };
  }
};

/**
 * Publishes an entry and waits for its answer. Answers travel at most once, so at half time, and
 * when the connection is back, the history is asked for an entry that is known to be stored.
 */
export const outcomeOf = (
  shell: ClientShell,
  request: ClientEntry,
  timeoutMs: number,
  publish: Publish = (entry, until) => publishEntry(shell, entry, until),
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { clock, inbox } = shell;
    const awaited = inbox.expect();
    let sequence: number | undefined;
    const stops: (() => void)[] = [() => awaited.forget()];

    const end = (): void => {
      for (const stop of stops) stop();
    };
    const succeed = (answer: Answer): void => {
      end();
      resolve(answer);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const look = async (): Promise<void> => {
      if (sequence === undefined) return;
      try {
        const answer = await outcomeFromHistory(shell, request, sequence);
        if (answer !== undefined) succeed(answer);
      } catch (error) {
        // Still waiting for the answer itself; the end of the time decides.
        if (!(error instanceof PawlError)) fail(error);
      }
    };
    const half = clock.after(timeoutMs / 2, () => void look());
    const whole = clock.after(timeoutMs, () => {
      const why = `nobody answered within ${timeoutMs} ms.`;
      fail(new OutcomeUnknownError(request.actor, request.id, sequence, why));
    });
    stops.push(
      () => half.stop(),
      () => whole.stop(),
      shell.onReconnect(() => void look()),
      shell.onClose(() => fail(new PawlError('closed', 'The client was closed meanwhile.'))),
    );

    void awaited.answer.then(succeed);
    const headers = { ...request.headers, [HEADER.answerTo]: awaited.subject };
    publish({ ...request, headers }, clock.now() + timeoutMs).then((published) => {
      sequence = published.sequence;
      if (published.isEarlier) void look();
    }, fail);
  });

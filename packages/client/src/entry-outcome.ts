// From a published entry to what became of it: the answer, asked for again when it got lost.
import { HEADER, PawlError, type Answer } from '@pawl/core';
import { askAnswer } from './ask.ts';
import { OutcomeUnknownError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { publishEntry, type ClientEntry, type PublishedEntry } from './publish-entry.ts';

/** How an entry is published; create has its own way. */
export type Publish = (entry: ClientEntry, until: number) => Promise<PublishedEntry>;

/**
 * Publishes an entry and waits for its answer. Answers travel at most once, so at half time, and
 * when the connection is back, a host is asked for it once the entry is known to be stored.
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
        succeed(await askAnswer(shell, request.actor, sequence));
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

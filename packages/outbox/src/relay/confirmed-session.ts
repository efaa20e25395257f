// A database session that knows when it was last known to live: with it live the relay's lanes.
import type { Clock } from '@pawl/core';
import type { DatabaseSession, Row } from '../database.ts';

/** Nobody else can have had the lanes for longer than this; the broker remembers ids for longer. */
const CONFIRMED_MAX_MS = 30_000;

/** A session of one relay. */
export interface ConfirmedSession extends DatabaseSession {
  /** False once it is gone, or a statement has failed. */
  readonly isOpen: boolean;
  /** Resolves when it has been heard of within the last half minute. Never rejects. */
  confirm(): Promise<void>;
  /** Ends it because of an error. */
  fail(error: unknown): void;
  /** Why it ended, if an error did it. */
  readonly failure: Error | undefined;
}

/** Watches over a session. `onEnd` is called once. */
export const watchSession = (
  session: DatabaseSession,
  clock: Clock,
  onEnd: () => void,
): ConfirmedSession => {
  let isOpen = true;
  let failure: Error | undefined;
  // The lanes were this session's when a statement was answered, and so when it was sent.
  let confirmedAt = clock.now();
  let question: Promise<unknown> | undefined;

  const end = (error?: unknown): void => {
    if (!isOpen) return;
    isOpen = false;
    if (error !== undefined)
      failure = error instanceof Error ? error : new Error('ended', { cause: error });
    onEnd();
  };
  session.onEnd(() => end(new Error('the connection to the database is gone')));

  const execute = async (
    statement: string,
    parameters: readonly unknown[],
  ): Promise<readonly Row[]> => {
    const sentAt = clock.now();
    try {
      const rows = await session.execute(statement, parameters);
      confirmedAt = Math.max(confirmedAt, sentAt);
      return rows;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  return {
    execute,
    onNotification: (listener) => session.onNotification(listener),
    onEnd: (listener) => session.onEnd(listener),
    close: async () => {
      end();
      await session.close();
    },
    get isOpen() {
      return isOpen;
    },
    get failure() {
      return failure;
    },
    fail: end,
    confirm: async () => {
      while (isOpen && clock.now() - confirmedAt > CONFIRMED_MAX_MS) {
        question ??= execute('SELECT 1', []).finally(() => (question = undefined));
        await question.catch(() => undefined); // Then the session is not open any more.
      }
    },
  };
};

// What clients of a world asked for and what they were told.
import { PawlError } from '@pawl/core';
import type { Action } from './scenario.ts';

/** How an action ended for whoever did it. */
export type ActionEnd =
  /** Told that it was stored: `sequence` when the answer says so. */
  | { readonly kind: 'acknowledged' }
  /** Told that it was stored and that the actor did not take it. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Not told, or nothing was stored. */
  | { readonly kind: 'unknown'; readonly code: string };

/** One action. */
export interface LedgerLine {
  readonly action: Action;
  readonly messageId: string;
  end: ActionEnd | undefined;
  /** Has the process of the client been ended? Then nobody will be told. */
  readonly isAbandoned: () => boolean;
  /** When it began and when it ended, ms. */
  readonly startedAt: number;
  endedAt: number;
  /** Sequence and value as told, for what reads. */
  sequence: number | undefined;
}

/** Codes that say that the entry stands in the journal. */
const REFUSALS: ReadonlySet<string> = new Set([
  'event-refused',
  'unknown-event',
  'invalid-event',
  'no-such-actor',
  'actor-ended',
  'actor-faulted',
  'invalid-input',
]);

/** How a rejected call ended. */
export const endOfError = (error: unknown): ActionEnd => {
  if (!(error instanceof PawlError)) throw error;
  const { code } = error;
  return { kind: REFUSALS.has(code) ? 'refused' : 'unknown', code };
};

/** The ledger. */
export class Ledger {
  readonly lines: LedgerLine[] = [];

  open(
    action: Action,
    messageId: string,
    startedAt: number,
    isAbandoned: () => boolean,
  ): LedgerLine {
    const line: LedgerLine = {
      action,
      messageId,
      startedAt,
      isAbandoned,
      end: undefined,
      endedAt: Infinity,
      sequence: undefined,
    };
    this.lines.push(line);
    return line;
  }
}

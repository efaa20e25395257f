// Appends a client's entry under its id, so that it happens once however often it is sent.
import { isDeepStrictEqual } from 'node:util';
import { addressKey, encodeBody, PawlError } from '@pawl/core';
import type { ActorAddress, Headers } from '@pawl/core';
import { askEntry } from './ask.ts';
import type { ClientShell } from './client-shell.ts';
import { OutcomeUnknownError } from './client-error.ts';
import { wait } from './wait.ts';

/** An entry of a client. */
export interface ClientEntry {
  readonly actor: ActorAddress;
  readonly kindToken: string;
  readonly body: unknown;
  readonly headers: Headers;
  /** The client's own id for it: the same id and body take effect once. */
  readonly id: string;
  readonly expectedLastSequence?: number;
}

/** Where the entry stands. */
export interface PublishedEntry {
  readonly sequence: number;
  /** An entry of the same id and body was there before: its answer went somewhere else. */
  readonly isEarlier: boolean;
}

const TRY_AGAIN_MS = 250;

/** The message id as stored: in a namespace per actor, so that ids of two actors never meet. */
export const messageIdOf = (actor: ActorAddress, id: string): string =>
  `${addressKey(actor)}/${id}`;

/**
 * Was the entry at `sequence` made by the same call, now or earlier? A host tells: a client need
 * not have the right to read the journal.
 */
const isSame = async (
  shell: ClientShell,
  { actor, kindToken, body }: ClientEntry,
  sequence: number,
): Promise<boolean> => {
  const found = await askEntry(shell, actor, sequence);
  return (
    found?.kind === kindToken && isDeepStrictEqual(found.body, JSON.parse(JSON.stringify(body)))
  );
};

/**
 * Appends until the broker says that it is stored, or `until` (ms since 1970). A duplicate that is
 * somebody else's message is no reason to lose ours: it is appended under a salted id.
 */
export const publishEntry = async (
  shell: ClientShell,
  entry: ClientEntry,
  until: number,
): Promise<PublishedEntry> => {
  const { actor, kindToken, headers, expectedLastSequence } = entry;
  const { journal } = shell.ports;
  const body = encodeBody(entry.body);
  let messageId = messageIdOf(actor, entry.id);
  let mayBeStored = false;

  for (let salt = 1; ;) {
    shell.checkOpen();
    try {
      const appended = await journal.append({
        ...actor,
        kindToken,
        body,
        headers,
        messageId,
        ...(expectedLastSequence !== undefined && { expectedLastSequence }),
      });
      const { sequence } = appended;
      if (!appended.duplicate) return { sequence, isEarlier: false };
      if (await isSame(shell, entry, sequence)) return { sequence, isEarlier: true };
      messageId = `${messageIdOf(actor, entry.id)}~${salt}`;
      salt += 1;
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      if (error.code !== 'outcome-unknown' && error.code !== 'no-connection') throw error;
      mayBeStored ||= error.code === 'outcome-unknown';
      if (shell.clock.now() + TRY_AGAIN_MS >= until) {
        if (!mayBeStored) throw error;
        throw new OutcomeUnknownError(actor, entry.id, undefined, 'the broker did not answer.');
      }
      await wait(shell.clock, TRY_AGAIN_MS);
    }
  }
};

// create(): the birth of an actor, once, whoever else tries at the same time.
import { checkQueueClass, HEADER, PawlError } from '@pawl/core';
import type { ActorAddress, Headers, QueueClass, StateView } from '@pawl/core';
import { askState } from './ask.ts';
import { ActorExistsError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { outcomeOf, type Publish } from './entry-outcome.ts';
import { messageIdOf, publishEntry, type ClientEntry } from './publish-entry.ts';
import { stateOfAnswer } from './read-answer.ts';

/** Options of `create`. */
export interface CreateOptions {
  /**
   * When an actor of this address exists: `fail` (the default), `return` its state, or `restart`:
   * begin its next incarnation if it has ended, else fail. A create that was refused, for its input
   * say, has made no actor: the id is free.
   */
  readonly ifExists?: 'fail' | 'return' | 'restart';
  /** Version of the machine. Default: that of the machine at hand, else the newest. */
  readonly version?: string;
  /** Who claims to send it. Default: the client's. */
  readonly by?: string;
  /** Id of this call: the same id takes effect once. Default: a random one. */
  readonly id?: string;
  /** Queue class of the commands that it causes. */
  readonly class?: QueueClass;
  readonly timeoutMs?: number;
}

/** What `createActor` needs to know. */
export interface CreateRequest {
  readonly actor: ActorAddress;
  readonly input: unknown;
  readonly wantedVersion: string | undefined;
  readonly options: CreateOptions;
}

/** Signals that another create was first, from inside the publishing. */
class OtherCreateError extends Error {}

/**
 * Publishes a create that expects `expected` as the last one. On conflict the stored create tells:
 * with our id it is our own, told twice (the first acknowledgement got lost).
 */
const publishCreate =
  (shell: ClientShell, expected: number): Publish =>
  async (entry: ClientEntry, until: number) => {
    try {
      return await publishEntry(shell, { ...entry, expectedLastSequence: expected }, until);
    } catch (error) {
      if (!(error instanceof PawlError) || error.code !== 'sequence-conflict') throw error;
      const stored = await shell.ports.journal.last(entry.actor, 'create');
      const ownId = messageIdOf(entry.actor, entry.id);
      if (stored === undefined || stored.headers[HEADER.messageId] !== ownId)
        throw new OtherCreateError();
      const isEarlier = stored.headers[HEADER.answerTo] !== entry.headers[HEADER.answerTo];
      return { sequence: stored.sequence, isEarlier };
    }
  };

/** The state since a create that is stored; undefined when that was refused: there is no actor. */
const stateSince = async (
  shell: ClientShell,
  actor: ActorAddress,
  sequence: number,
  timeoutMs: number,
): Promise<StateView | undefined> => {
  try {
    return await askState(shell, actor, { atLeast: sequence, timeoutMs });
  } catch (error) {
    if (error instanceof PawlError && error.code === 'no-such-actor') return undefined;
    throw error;
  }
};

/** Creates the actor and returns its first state. Throws `actor-exists` and what the host says. */
export const createActor = async (
  shell: ClientShell,
  { actor, input, wantedVersion, options }: CreateRequest,
): Promise<StateView> => {
  if (options.class !== undefined) checkQueueClass('create()', options.class);
  const version = options.version ?? (await shell.types.versionFor(actor.type, wantedVersion));
  const by = options.by ?? shell.by;
  const timeoutMs = options.timeoutMs ?? shell.timeoutMs;
  const headers: Headers = {
    [HEADER.version]: version,
    ...(by !== undefined && { [HEADER.by]: by }),
    ...(options.class !== undefined && { [HEADER.class]: options.class }),
  };
  const entry: ClientEntry = {
    actor,
    kindToken: 'create',
    body: { ...(input !== undefined && { input }) },
    headers,
    id: options.id ?? shell.createId(),
  };
  const attempt = async (expected: number): Promise<StateView> => {
    const answer = await outcomeOf(shell, entry, timeoutMs, publishCreate(shell, expected));
    return (
      stateOfAnswer(actor, answer) ?? (await askState(shell, actor, { atLeast: answer.sequence }))
    );
  };

  try {
    return await attempt(0);
  } catch (error) {
    if (!(error instanceof OtherCreateError) && !(error instanceof ActorExistsError)) throw error;
  }
  const stored = await shell.ports.journal.last(actor, 'create');
  if (stored === undefined) throw new ActorExistsError(actor);
  const state = await stateSince(shell, actor, stored.sequence, timeoutMs);
  if (state !== undefined) {
    if (options.ifExists === 'return') return state;
    if (options.ifExists !== 'restart' || state.status !== 'done')
      throw new ActorExistsError(actor);
  }
  try {
    return await attempt(stored.sequence);
  } catch (error) {
    if (error instanceof OtherCreateError) throw new ActorExistsError(actor);
    throw error;
  }
};

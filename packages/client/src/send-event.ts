// send(): one event to one actor, and the state that came of it.
import {
  checkQueueClass,
  HEADER,
  type ActorAddress,
  type EventBody,
  type QueueClass,
} from '@pawl/core';
import type { StateView } from '@pawl/core';
import { snapshotOfView } from './actor-snapshot.ts';
import { askState } from './ask.ts';
import { ActorFaultedError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { outcomeOf } from './entry-outcome.ts';
import { stateOfAnswer } from './read-answer.ts';

/** Options of `send`. */
export interface SendOptions {
  /** Id of this call: the same id takes effect once. Default: a random one. */
  readonly id?: string;
  /** Who claims to send it. Default: the client's. */
  readonly by?: string;
  /** How long to wait for the answer, ms. Default: the client's. */
  readonly timeoutMs?: number;
  /** Queue class of the commands that it causes. */
  readonly class?: QueueClass;
}

/** Sends and returns the state after the event. Throws when it was refused, or nobody answered. */
export const sendEvent = async (
  shell: ClientShell,
  actor: ActorAddress,
  event: EventBody,
  options: SendOptions,
): Promise<StateView> => {
  if (options.class !== undefined) checkQueueClass('send()', options.class);
  await shell.types.checkKnown(actor.type); // Throws `unknown-type`: nobody would ever take it.
  const by = options.by ?? shell.by;
  const headers = {
    ...(by !== undefined && { [HEADER.by]: by }),
    ...(options.class !== undefined && { [HEADER.class]: options.class }),
  };
  const id = options.id ?? shell.createId();
  const timeoutMs = options.timeoutMs ?? shell.timeoutMs;
  const entry = { actor, kindToken: 'event', body: event, headers, id } as const;
  const answer = await outcomeOf(shell, entry, timeoutMs);
  const state =
    stateOfAnswer(actor, answer) ?? (await askState(shell, actor, { atLeast: answer.sequence }));
  if (state.fault !== undefined)
    throw new ActorFaultedError(actor, state.fault.error, snapshotOfView(state));
  return state;
};

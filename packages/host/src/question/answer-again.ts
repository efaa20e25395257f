// What a sender asks whose answer got lost, or whose entry was there before: no journal is folded
// again for what this host remembers.
import {
  addressKey,
  decodeBody,
  PawlError,
  stateViewOf,
  type ActorAddress,
  type Answer,
  type Body,
  type JournalLine,
  type StepOutcome,
} from '@pawl/core';
import { answerOf } from '../actor/answers.ts';
import { missingVersion } from '../actor/parked-mark.ts';
import type { ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import type { CurrentActor } from './current-actor.ts';
import { historyOf } from './history.ts';

const readable = (body: Uint8Array): Body | undefined => {
  try {
    return decodeBody(body);
  } catch {
    return undefined; // It is shown without.
  }
};

/** The entry at a sequence, unfolded; null when it is none of the actor. */
export const entryAt = async (
  { ports }: HostContext,
  actor: ActorAddress,
  sequence: number,
): Promise<JournalLine | null> => {
  const stored = await ports.journal.get(sequence);
  if (stored === undefined || stored.type !== actor.type || stored.id !== actor.id) return null;
  const body = readable(stored.body);
  return { sequence, kind: stored.kindToken, ...(body !== undefined && { body }) };
};

const outcomeAt = async (
  context: HostContext,
  resident: ResidentActor | undefined,
  { state }: CurrentActor,
  actor: ActorAddress,
  sequence: number,
): Promise<StepOutcome> => {
  const fault = state?.fault;
  if (fault?.sequence === sequence) return { kind: 'faulted', error: fault.error };
  // What was folded elsewhere, or before a word about it came, is not remembered rightly.
  const isOurs = resident !== undefined && sequence > resident.loadedUpTo;
  const remembered = isOurs ? context.outcomes.get(sequence) : undefined;
  if (remembered !== undefined) return remembered;
  const { history } = await historyOf(context, actor, sequence, 1, fault);
  const [found] = history;
  if (found?.sequence !== sequence)
    throw new PawlError(
      'invalid-entry',
      `The journal of ${addressKey(actor)} has no entry ${sequence}.`,
    );
  return found.outcome;
};

/**
 * The answer to the entry at a sequence, with the state of now. Throws `actor-parked` while the
 * entry waits, `version-missing`, and `invalid-entry` when there is no such entry.
 */
export const answerAgain = async (
  context: HostContext,
  resident: ResidentActor | undefined,
  current: CurrentActor,
  actor: ActorAddress,
  sequence: number,
): Promise<Answer> => {
  const { state, parked } = current;
  if (parked !== undefined && sequence >= parked.from)
    throw new PawlError('actor-parked', parked.message);
  const outcome = await outcomeAt(context, resident, current, actor, sequence);
  if (state === undefined) return answerOf(sequence, outcome, undefined);
  const machine = context.catalog.get(state.type, state.version);
  if (machine === undefined)
    throw new PawlError('version-missing', missingVersion(state, state.version).message);
  const view = stateViewOf(machine, state);
  return answerOf(sequence, outcome, parked === undefined ? view : { ...view, parked });
};

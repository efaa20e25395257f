// From an answer to the new state, or to the error that a caller gets.
import type { ActorAddress, Answer, StateView } from '@pawl/core';
import { snapshotOfView } from './actor-snapshot.ts';
import {
  ActorExistsError,
  ActorFaultedError,
  errorOfData,
  EventRefusedError,
} from './client-error.ts';

/**
 * The state after the entry; undefined when an ignored one came without. Throws the refusal, and
 * `payload-too-large` with the outcome in its details when the state is too large to be sent.
 */
export const stateOfAnswer = (actor: ActorAddress, answer: Answer): StateView | undefined => {
  if (answer.outcome === 'applied' || answer.outcome === 'ignored') {
    const { sequence, outcome, error, state } = answer;
    if (error === undefined) return state;
    throw errorOfData({ ...error, details: { ...error.details, sequence, outcome } });
  }
  const { error, state } = answer;
  const snapshot = state === undefined ? undefined : snapshotOfView(state);
  if (answer.outcome === 'faulted' || error.code === 'actor-faulted')
    throw new ActorFaultedError(actor, snapshot?.error ?? error, snapshot);
  switch (error.code) {
    case 'actor-exists':
      throw new ActorExistsError(actor);
    case 'actor-parked':
    case 'version-missing':
    case 'invalid-input':
    case 'too-many-hops':
      throw errorOfData(error);
    default:
      throw new EventRefusedError(error, snapshot);
  }
};

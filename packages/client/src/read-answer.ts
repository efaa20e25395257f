// From an answer to the new state, or to the error that a caller gets.
import type { ActorAddress, Answer, StateView } from '@pawl/core';
import { snapshotOfView } from './actor-snapshot.ts';
import {
  ActorExistsError,
  ActorFaultedError,
  errorOfData,
  EventRefusedError,
} from './client-error.ts';

/** The state after the entry; undefined when an ignored one came without. Throws the refusal. */
export const stateOfAnswer = (actor: ActorAddress, answer: Answer): StateView | undefined => {
  if (answer.outcome === 'applied' || answer.outcome === 'ignored') return answer.state;
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

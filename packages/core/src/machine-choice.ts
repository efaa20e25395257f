// Which version of a machine an entry is folded by: the birth decides, in the journal itself.
import type { ActorState } from './actor-state.ts';
import type { Entry } from './entry.ts';
import { HEADER } from './headers.ts';

/** The version that folds an entry. */
export type VersionChoice =
  | { readonly kind: 'version'; readonly version: string }
  /** A create without a version: the first `born` entry after it will decide. */
  | { readonly kind: 'undecided' }
  /** Nothing that a machine must fold: the actor is not there. */
  | { readonly kind: 'unborn' };

/** Does this entry begin an incarnation, as far as the state tells? */
export const isBirth = (state: ActorState | undefined, entry: Entry): boolean =>
  entry.kind === 'create' && (state === undefined || state.status === 'done');

/**
 * The version that folds `entry` on `state`. `born` is the version of the first `born` entry after
 * a create that carries none, if it is known.
 */
export const chooseVersion = (
  state: ActorState | undefined,
  entry: Entry,
  born?: string,
): VersionChoice => {
  if (isBirth(state, entry)) {
    const version = entry.headers[HEADER.version] ?? born;
    return version === undefined ? { kind: 'undecided' } : { kind: 'version', version };
  }
  return state === undefined ? { kind: 'unborn' } : { kind: 'version', version: state.version };
};

/** The version that the first `born` entry after `sequence` names. */
export const bornVersion = (entries: readonly Entry[], sequence: number): string | undefined => {
  const born = entries.find(
    ({ kind, sequence: at, body }) => kind === 'host' && body['type'] === 'born' && at > sequence,
  );
  const version = born?.body['version'];
  return typeof version === 'string' ? version : undefined;
};

// The fold: what one entry of the journal does to one actor. Pure.
import type { ActorState } from '../actor-state.ts';
import type { Entry } from '../entry.ts';
import { PawlError } from '../errors.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { foldAdmin } from './admin-entry.ts';
import { foldCreate } from './create-entry.ts';
import { foldEventEntry } from './event-entry.ts';
import { foldHost } from './host-entry.ts';
import { nativeFoldOf } from './native-fold.ts';
import { foldPeer } from './peer-entry.ts';
import { giveBackUnborn, limitSignalOf } from './permit-entry.ts';
import { foldReply } from './reply-entry.ts';
import { standardRules, type FoldRules } from './rules.ts';
import { foldTimer } from './timer-entry.ts';
import { unborn, type LivingTurn } from './turn.ts';

/** Folds one entry. The state is never changed; a new one comes back. */
export type Fold = (
  registered: RegisteredMachine,
  state: ActorState | undefined,
  entry: Entry,
) => Step;

const foldLiving = (turn: LivingTurn): Step => {
  switch (turn.entry.kind) {
    case 'create':
      return foldCreate(turn, turn.state);
    case 'event':
      return foldEventEntry(turn);
    case 'reply':
      return foldReply(turn);
    case 'timer':
      return foldTimer(turn);
    case 'peer':
      return foldPeer(turn);
    case 'host':
      return foldHost(turn);
    case 'admin':
      return foldAdmin(turn);
  }
};

const checkDigest = (registered: RegisteredMachine, state: ActorState): void => {
  if (state.digest === registered.digest) return;
  throw new PawlError(
    'machine-changed',
    `${addressKey(state)} was folded by ${state.type} ${state.version} with digest ${state.digest}, ` +
      `and this machine has version ${registered.version} and digest ${registered.digest}. Fold its ` +
      'journal again from the create, or give the machine a new version.',
  );
};

/** A fold with other rules: for tests that plant defects. */
export const createFold =
  (rules: FoldRules): Fold =>
  (registered, state, entry) => {
    if (state === undefined) {
      const turn = { registered, rules, entry, time: entry.time };
      const native = nativeFoldOf(registered);
      if (native !== undefined) return native(turn, undefined);
      if (entry.kind === 'create') return foldCreate(turn, undefined);
      const word = limitSignalOf(entry);
      if (word !== undefined) return giveBackUnborn(entry, word);
      return unborn(
        new PawlError(
          'no-such-actor',
          `${addressKey(entry)} has not been created. Create it first.`,
        ),
      );
    }
    // A next incarnation may be of another version; nothing of the old snapshot is folded on.
    if (!(entry.kind === 'create' && state.status === 'done')) checkDigest(registered, state);
    if (entry.sequence <= state.sequence)
      return { state, effects: [], outcome: { kind: 'ignored', reason: 'nothing-to-do' } };
    const time = Math.max(state.time, entry.time);
    const turn = { registered, rules, state, entry, time };
    return nativeFoldOf(registered)?.(turn, state) ?? foldLiving(turn);
  };

/**
 * Folds one entry: state and effects follow from the machine, the state before and the entry alone.
 * Throws `machine-changed` for a state of another digest; all else is in the outcome.
 */
export const fold: Fold = createFold(standardRules);

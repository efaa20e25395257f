// Development and tests: every step runs twice, the second time from the decoded snapshot.
import { isDeepStrictEqual } from 'node:util';
import type { ActorState } from '../actor-state.ts';
import type { Entry } from '../entry.ts';
import { PawlError } from '../errors.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { fold, type Fold } from './fold.ts';
import { decodeState, encodeState } from './state-codec.ts';
import { faultDataOf } from './error-data.ts';
import { faulted } from './turn.ts';
import { standardRules } from './rules.ts';

/** Path of the first difference of two values, or undefined. */
const findDifference = (one: unknown, other: unknown, path: string = ''): string | undefined => {
  if (isDeepStrictEqual(one, other)) return undefined;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return path;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) {
    const below = path === '' ? key : `${path}.${key}`;
    const found = findDifference(
      (one as Record<string, unknown>)[key],
      (other as Record<string, unknown>)[key],
      below,
    );
    if (found !== undefined) return found;
  }
  return path;
};

const encodeOptional = (state: ActorState | undefined): Uint8Array | undefined =>
  state && encodeState(state);

const areSame = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0);

/** Path of the first difference that encoding both states shows, or undefined. */
const findStateDifference = (
  one: ActorState | undefined,
  other: ActorState | undefined,
): string | undefined => {
  const bytes = encodeOptional(one);
  if (areSame(bytes, encodeOptional(other))) return undefined;
  return findDifference(one, other, 'state') ?? 'the order of keys in the state';
};

const nondeterministic = (entry: Entry, path: string): PawlError =>
  new PawlError(
    'nondeterministic',
    `Folding entry ${entry.sequence} of ${addressKey(entry)} twice gave two results at ${path}. A ` +
      'guard, assign, input or delay may use only its context and event: no clock, no randomness, no ' +
      'outside variable.',
    { details: { path } },
  );

/** A fold that runs each step twice and faults with `nondeterministic` when the results differ. */
export const createFoldTwice =
  (once: Fold): Fold =>
  (registered: RegisteredMachine, state: ActorState | undefined, entry: Entry): Step => {
    const bytes = encodeOptional(state);
    const before = bytes && decodeState(bytes);
    const first = once(registered, state, entry);
    const second = once(registered, before, entry);
    const isBeforeKept = areSame(bytes, encodeOptional(state));
    const path = isBeforeKept
      ? (findDifference(first.outcome, second.outcome, 'outcome') ??
        findDifference(first.effects, second.effects, 'effects') ??
        findStateDifference(first.state, second.state))
      : 'the state before';
    if (path === undefined) return first;
    const living = first.state ?? state;
    const error = nondeterministic(entry, path);
    if (living === undefined) throw error;
    const base = state ?? living;
    const time = Math.max(base.time, entry.time);
    const turn = {
      registered,
      rules: standardRules,
      entry,
      time,
      state: bytes === undefined ? living : decodeState(bytes),
    };
    return faulted(turn, faultDataOf(error));
  };

/** `fold`, run twice. */
export const foldTwice: Fold = createFoldTwice(fold);

// An entry that ended the hosts that folded it: named by a `faulted` entry of a host, it is not
// folded any more but faults its actor.
import type { ActorState } from '../actor-state.ts';
import type { Entry, HostBody } from '../entry.ts';
import type { ErrorData } from '../errors.ts';
import { isBirth } from '../machine-choice.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import type { Step } from '../step.ts';
import { newborn } from './create-entry.ts';
import { fold } from './fold.ts';
import { standardRules } from './rules.ts';
import { faulted, ignored } from './turn.ts';

/** What a host says of an entry that must not be folded, if this is such a word. */
export const faultedBy = ({
  kind,
  sequence,
  body,
}: Entry): Extract<HostBody, { readonly type: 'faulted' }> | undefined => {
  if (kind !== 'host' || body['type'] !== 'faulted') return undefined;
  const word = body as unknown as Extract<HostBody, { readonly type: 'faulted' }>;
  // Only what stands before the word can have ended a host.
  return word.sequence < sequence ? word : undefined;
};

/** Why an entry must not be folded. */
export interface FaultWord {
  /** Sequence of the entry that says so. */
  readonly saidAt: number;
  readonly error: ErrorData;
}

/** Entries that must not be folded, by sequence, with the first word about each. */
export const faultedEntries = (entries: readonly Entry[]): ReadonlyMap<number, FaultWord> => {
  const words = new Map<number, FaultWord>();
  for (const entry of entries) {
    const word = faultedBy(entry);
    if (word !== undefined && !words.has(word.sequence))
      words.set(word.sequence, { saidAt: entry.sequence, error: word.error });
  }
  return words;
};

/**
 * The step of an entry that must not be folded: no code of the machine runs. The actor is faulted
 * at this sequence, with the state before it; a create leaves an actor without a state. The parent
 * is told under the sequence of the word: what the entry itself has told it may have left before.
 */
export const foldFaulted = (
  registered: RegisteredMachine,
  state: ActorState | undefined,
  entry: Entry,
  { saidAt, error }: FaultWord,
): Step => {
  const time = Math.max(state?.time ?? 0, entry.time);
  const turn = { registered, rules: standardRules, entry, time };
  if (isBirth(state, entry))
    return faulted({ ...turn, state: newborn(turn, entry.body, state) }, error, saidAt);
  // An actor that is not there is told so without its machine.
  if (state === undefined) return fold(registered, state, entry);
  if (entry.sequence <= state.sequence || state.status === 'done')
    return ignored({ ...turn, state }, 'nothing-to-do');
  return faulted({ ...turn, state }, error, saidAt);
};

// Replaying a journal: every entry folded again, with what it did.
import type { ActorState, Fault } from './actor-state.ts';
import { bornVersion, chooseVersion, isBirth } from './machine-choice.ts';
import { readEntry } from './fold/read-entry.ts';
import { faultedEntries, foldFaulted } from './fold/faulted-entry.ts';
import { foldAgain, foldAgainOrderOf } from './fold/fold-again.ts';
import { fold, type Fold } from './fold/fold.ts';
import type { Entry, StoredEntry } from './entry.ts';
import { errorDataOf, PawlError } from './errors.ts';
import { HEADER } from './headers.ts';
import type { RegisteredMachine } from './machine/registered-machine.ts';
import type { HistoryEntry } from './state-view.ts';
import { parseKind } from './subjects.ts';
import type { Step } from './step.ts';

/** One entry, folded again. */
export interface ReplayedEntry {
  readonly stored: StoredEntry;
  /** Absent when the body could not be read. */
  readonly entry: Entry | undefined;
  readonly before: ActorState | undefined;
  readonly step: Step;
}

/** Finds the machine of a type and version; without a version, any of the type. */
export type MachineOf = (type: string, version?: string) => RegisteredMachine | undefined;

const tryRead = (stored: StoredEntry): { readonly entry: Entry } | { readonly error: unknown } => {
  try {
    return { entry: readEntry(stored) };
  } catch (error) {
    return { error };
  }
};

/**
 * Folds the entries of one actor from its birth, and yields each with what it did. Throws
 * `version-missing` when no machine of a needed version is given. `foldEntry` is another fold, and
 * `fault` what the actor's state says of the entry that faulted it: a step that is not
 * deterministic would say something else each time.
 */
export function* replayJournal(
  machineOf: MachineOf,
  entries: readonly StoredEntry[],
  foldEntry: Fold = fold,
  fault?: Fault,
): Generator<ReplayedEntry> {
  const readings = entries.map(tryRead);
  const read = readings.flatMap((reading) => ('entry' in reading ? [reading.entry] : []));
  const mustNotFold = faultedEntries(read);
  let state: ActorState | undefined;
  for (const [index, stored] of entries.entries()) {
    const reading = readings[index];
    if (reading === undefined) return;
    if ('error' in reading) {
      const error = errorDataOf(reading.error, 'invalid-entry');
      const step: Step = { state, effects: [], outcome: { kind: 'refused', error } };
      yield { stored, entry: undefined, before: state, step };
      continue;
    }
    const { entry } = reading;
    const word = mustNotFold.get(entry.sequence);
    const isOrder = state !== undefined && word === undefined;
    const order = isOrder ? foldAgainOrderOf(entry) : undefined;
    const version = order?.version ?? versionOf(state, entry, read);
    const machine = machineOf(entry.type, version) ?? successorOf(machineOf, read, entry);
    if (machine === undefined)
      throw new PawlError(
        'version-missing',
        `${entry.type}/${entry.id} was folded by version ${version ?? '(any)'} of ${entry.type}; ` +
          'give that machine to fold it again.',
      );
    let step: Step;
    if (word !== undefined) step = foldFaulted(machine, state, entry, word);
    else if (order === undefined) step = foldEntry(machine, state, entry);
    else step = foldAgain(machine, state, earlierThan(read, entry), entry, foldEntry);
    if (fault?.sequence === entry.sequence && step.outcome.kind !== 'faulted')
      step = foldFaulted(machine, state, entry, { saidAt: entry.sequence, error: fault.error });
    yield { stored, entry, before: state, step };
    state = step.state;
  }
}

const earlierThan = (entries: readonly Entry[], { sequence }: Entry): readonly Entry[] =>
  entries.filter((entry) => entry.sequence < sequence);

const versionOf = (
  state: ActorState | undefined,
  entry: Entry,
  entries: readonly Entry[],
): string | undefined => {
  const born = isBirth(state, entry) ? bornVersion(entries, entry.sequence) : undefined;
  const choice = chooseVersion(state, entry, born);
  return choice.kind === 'version' ? choice.version : undefined;
};

/** For a version that is gone, the one by which the journal was folded again stands in. */
const successorOf = (
  machineOf: MachineOf,
  entries: readonly Entry[],
  { type, sequence }: Entry,
): RegisteredMachine | undefined => {
  const later = entries.find((entry) => entry.sequence > sequence && foldAgainOrderOf(entry));
  return later && machineOf(type, foldAgainOrderOf(later)?.version);
};

/** What happened, in a few words: the event type, or kind and outcome. */
const eventName = ({ stored, entry }: ReplayedEntry): string => {
  if (entry === undefined) return stored.kindToken;
  const { body } = entry;
  switch (entry.kind) {
    case 'create':
      return 'create';
    case 'reply':
      return `${String(body['task'])} ${String(body['outcome'])}`;
    case 'timer':
      return `timer ${String(body['key'])}`;
    case 'peer': {
      const event = body['event'];
      const hasType = typeof event === 'object' && event !== null && 'type' in event;
      return hasType ? String(event.type) : 'peer';
    }
    case 'event':
    case 'host':
    case 'admin':
      return String(body['type']);
  }
};

/** Who claims to have sent it. */
const senderOf = ({ stored, entry }: ReplayedEntry): string | undefined => {
  const claimed = stored.headers[HEADER.by];
  if (claimed !== undefined) return claimed;
  if (entry?.kind === 'reply') return entry.service;
  const from = entry?.kind === 'peer' ? entry.body['from'] : undefined;
  if (typeof from !== 'object' || from === null) return undefined;
  return 'type' in from && 'id' in from ? `${String(from.type)}/${String(from.id)}` : undefined;
};

/** A replayed entry as history shows it. */
export const historyEntryOf = (replayed: ReplayedEntry): HistoryEntry => {
  const { stored, entry, before, step } = replayed;
  const by = senderOf(replayed);
  return {
    sequence: stored.sequence,
    time: stored.time,
    kind: entry?.kind ?? parseKind(stored.kindToken)?.kind ?? 'event',
    ...(by !== undefined && { by }),
    event: eventName(replayed),
    ...(entry !== undefined && { body: entry.body }),
    ...(before !== undefined && { before: before.snapshot.value }),
    ...(step.state !== undefined && { after: step.state.snapshot.value }),
    outcome: step.outcome,
    effects: step.effects,
  };
};

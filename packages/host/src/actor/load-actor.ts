// Loading an actor: its snapshot, proved against the journal, and all that was folded since.
import {
  bornVersion,
  chooseVersion,
  decodeState,
  errorFields,
  faultedBy,
  faultedEntries,
  foldFaulted,
  foldAgainOrderOf,
  isBirth,
  readEntry,
  type ActorAddress,
  type ActorState,
  type Entry,
  type JournalIdentity,
  type Log,
  type ParkedMark,
  type Ports,
  type RegisteredMachine,
  type Step,
  type StoredEntry,
  type StoredSnapshot,
} from '@pawl/core';
import type { MachineCatalog } from '../machine-catalog.ts';
import { isPassing } from '../retry.ts';
import {
  foldAgainFrom,
  pausedBy,
  refusedStep,
  standingMark,
  unparks,
  type FoldedAgain,
} from './order-entries.ts';
import { isHeldMark, missingVersion } from './parked-mark.ts';

/** An actor as its journal says. */
export interface LoadedActor {
  /** State at the head. */
  readonly state: ActorState | undefined;
  /** State before the first of `steps`. */
  readonly base: ActorState | undefined;
  /**
   * Steps that nobody has brought to their end yet: all after a proved snapshot. Without one, those
   * from `keepFrom` or from where the actor was parked.
   */
  readonly steps: ReadonlyMap<number, Step>;
  /** Sequence of the last entry read; 0 when there is none. */
  readonly upTo: number;
  /** State of the snapshot that it started from. */
  readonly saved: ActorState | undefined;
  readonly revision: number | undefined;
  /**
   * Revision of a snapshot that is not of this journal's history: the journal has gone back, and
   * nothing that it says may stay.
   */
  readonly disproved: number | undefined;
  /** Sequence of a create that names no version while the journal does not say which one either. */
  readonly undecided?: number;
  /** Where folding stopped: a version is missing, or the actor is parked for another reason. */
  readonly parked: ParkedMark | undefined;
  /** The mark that the snapshot carries. */
  readonly savedMark: ParkedMark | undefined;
}

/** What loading reads from. */
export interface LoadContext {
  readonly ports: Ports;
  readonly catalog: MachineCatalog;
  readonly identity: JournalIdentity;
  readonly log: Log;
  readonly fold: (machine: RegisteredMachine, state: ActorState | undefined, entry: Entry) => Step;
  /** Called before an entry is folded; what it returns is waited for. */
  readonly beforeFold?: (sequence: number) => Promise<void> | undefined;
}

/** Loads an actor and folds it to the head of its journal. Publishes nothing. */
export const loadActor = async (
  context: LoadContext,
  partition: number,
  actor: ActorAddress,
  keepFrom: number = Number.POSITIVE_INFINITY,
): Promise<LoadedActor> => {
  const snapshot = await loadSnapshot(context, partition, actor);
  const start = await provenStart(context, snapshot, actor);
  // What was lost took the reason for parking with it.
  const mark = start.isDisproved ? undefined : snapshot?.header.parked;
  const first =
    start.state === undefined
      ? Math.min(keepFrom, mark?.from ?? keepFrom)
      : start.state.sequence + 1;
  const entries: Entry[] = [];
  for (let from = 0; from < start.entries.length; from += READ_TURN) {
    if (from > 0) await othersTurn();
    entries.push(...readAll(start.entries.slice(from, from + READ_TURN)));
  }
  const again = await foldAgainFrom(context, actor, entries, readAll, context.beforeFold);
  return {
    ...(await foldFrom(context, start, first, mark, entries, again)),
    saved: start.state,
    revision: snapshot?.revision ?? 0,
    disproved: start.isDisproved ? snapshot?.revision : undefined,
    savedMark: mark,
  };
};

/** A snapshot that cannot be read is none: the journal has the state. */
const loadSnapshot = async (
  { ports, log }: LoadContext,
  partition: number,
  actor: ActorAddress,
): Promise<StoredSnapshot | undefined> => {
  try {
    return await ports.snapshots.load(partition, actor);
  } catch (error) {
    if (isPassing(error)) throw error;
    log(
      'error',
      `The snapshot of ${actor.type}/${actor.id} cannot be read; its journal can`,
      errorFields(error),
    );
    return undefined;
  }
};

interface Start {
  readonly state: ActorState | undefined;
  /** Entries after the state. */
  readonly entries: readonly StoredEntry[];
  /** The snapshot names an entry that the journal does not have. */
  readonly isDisproved: boolean;
}

/**
 * A snapshot counts only if the journal still has its entry, with its timestamp: a journal that was
 * restored or has gone back has another one there, and the state is folded anew.
 */
const provenStart = async (
  { ports, identity, catalog }: LoadContext,
  snapshot: StoredSnapshot | undefined,
  actor: ActorAddress,
): Promise<Start> => {
  let isDisproved = false;
  if (snapshot?.body.length === 0) {
    const { journal, parked } = snapshot.header;
    const first = parked && (await ports.journal.read(actor, { from: parked.from, limit: 1 }));
    const isThere = first === undefined || first[0]?.sequence === parked?.from;
    isDisproved = journal === identity.created && !isThere;
  } else if (snapshot !== undefined) {
    const { header } = snapshot;
    const entries = await ports.journal.read(actor, { from: header.sequence });
    const [first] = entries;
    const machine = catalog.get(actor.type, header.version);
    const isThere = first?.sequence === header.sequence && first.time === header.entryTime;
    const isOurs = header.journal === identity.created;
    const isSameMachine = machine === undefined || machine.digest === header.digest;
    // A word that came later: the state has an entry in it that must not be folded.
    const words = readAll(entries.filter(({ kindToken }) => kindToken === 'host'));
    const isVoid = words.some((word) => (faultedBy(word)?.sequence ?? Infinity) <= header.sequence);
    const isRight = isOurs && isThere && isSameMachine && !isVoid;
    const state = isRight ? tryDecode(snapshot.body) : undefined;
    if (state !== undefined) return { state, entries: entries.slice(1), isDisproved: false };
    isDisproved = isOurs && !isThere;
  }
  return { state: undefined, entries: await ports.journal.read(actor), isDisproved };
};

const tryDecode = (body: Uint8Array): ActorState | undefined => {
  try {
    return decodeState(body);
  } catch {
    return undefined; // Folded anew from the journal, as if there were no snapshot.
  }
};

const tryRead = (stored: StoredEntry): Entry | undefined => {
  try {
    return readEntry(stored);
  } catch {
    return undefined; // Refused when it was delivered; it never changes a state.
  }
};

const readAll = (stored: readonly StoredEntry[]): readonly Entry[] =>
  stored.map(tryRead).filter((entry) => entry !== undefined);

/** Entries that are read, and that are folded, in one go: a few ms of work. */
const READ_TURN = 1_000;
const FOLD_TURN = 250;

/** Lets the pulls, heartbeats and health page of this process go on. */
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Folded = Pick<LoadedActor, 'state' | 'base' | 'upTo' | 'steps' | 'parked' | 'undecided'>;

const foldFrom = async (
  { catalog, fold, beforeFold }: LoadContext,
  start: Start,
  keepFrom: number,
  mark: ParkedMark | undefined,
  all: readonly Entry[],
  { applied, refused }: FoldedAgain,
): Promise<Folded> => {
  const mustNotFold = faultedEntries(all);
  const steps = new Map<number, Step>();
  const standing = standingMark(mark, all);
  const held = standing !== undefined && isHeldMark(standing) ? standing : undefined;
  const unparkedAt = all.findLast(unparks)?.sequence ?? 0;
  let folded = 0;
  let { state } = start;
  let base = state;
  const upTo = start.entries.at(-1)?.sequence ?? state?.sequence ?? 0;
  const take = (sequence: number, step: Step): void => {
    state = step.state;
    if (sequence >= keepFrom) steps.set(sequence, step);
    else base = state;
  };
  if (applied !== undefined) take(applied.entry.sequence, applied.step);
  const entries = all.filter(({ sequence }) => sequence > (applied?.entry.sequence ?? 0));
  for (const entry of entries) {
    const { sequence, type } = entry;
    if (held !== undefined && sequence >= held.from) break;
    const word = mustNotFold.get(sequence);
    const order = word === undefined ? foldAgainOrderOf(entry) : undefined;
    const outcome = refused.get(sequence);
    if (outcome !== undefined) {
      take(sequence, refusedStep(state, entry, outcome));
      continue;
    }
    if (order !== undefined && state !== undefined)
      return { state, base, upTo, steps, parked: missingVersion(entry, order.version) };
    const born = isBirth(state, entry) ? bornVersion(entries, sequence) : undefined;
    const choice = chooseVersion(state, entry, born);
    if (choice.kind === 'undecided')
      return { state, base, upTo: sequence - 1, steps, parked: undefined, undecided: sequence };
    const machine =
      choice.kind === 'unborn' ? catalog.newest(type) : catalog.get(type, choice.version);
    if (machine === undefined) {
      const version = choice.kind === 'version' ? choice.version : 'any';
      return { state, base, upTo, steps, parked: missingVersion(entry, version) };
    }
    const naming = word === undefined ? beforeFold?.(sequence) : undefined;
    if (naming !== undefined) await naming;
    const step =
      word === undefined ? fold(machine, state, entry) : foldFaulted(machine, state, entry, word);
    take(sequence, step);
    const paused = pausedBy(entry, step);
    if (paused !== undefined && sequence >= unparkedAt)
      return { state, base, upTo, steps, parked: paused };
    folded += 1;
    if (folded % FOLD_TURN === 0) await othersTurn();
  }
  return { state, base, upTo, steps, parked: held };
};

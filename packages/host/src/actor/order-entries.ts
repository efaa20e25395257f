// Operators' orders that concern the host: pause and resume park, fold-again reads the journal.
import {
  endsParking,
  faultedBy,
  faultedEntries,
  foldAgain,
  foldAgainOrderOf,
  type ActorAddress,
  type AdminBody,
  type ActorState,
  type Entry,
  type Journal,
  type ParkedMark,
  type RegisteredMachine,
  type Step,
  type StoredEntry,
} from '@pawl/core';
import type { MachineCatalog } from '../machine-catalog.ts';

/** What folding again needs. */
export interface OrderContext {
  readonly ports: { readonly journal: Pick<Journal, 'read'> };
  readonly catalog: MachineCatalog;
  readonly fold: (machine: RegisteredMachine, state: ActorState | undefined, entry: Entry) => Step;
}

const isOrder = ({ kind, body }: Entry, type: string): boolean =>
  kind === 'admin' && body['type'] === type;

/** Does this order end whatever parks the actor? */
export const unparks = ({ kind, body }: Entry): boolean =>
  kind === 'admin' && endsParking(body['type']);

/**
 * Does it need more than the state in memory: the journal from the create, or from a mark, or from
 * an entry that counts no more as it was folded?
 */
export const needsJournal = (entry: Entry, parked: ParkedMark | undefined): boolean =>
  foldAgainOrderOf(entry) !== undefined ||
  (parked === undefined ? faultedBy(entry) !== undefined : unparks(entry));

/** The mark of an actor that an operator has paused by this entry, if that is what it does. */
export const pausedBy = (entry: Entry, { state, outcome }: Step): ParkedMark | undefined => {
  if (!isOrder(entry, 'pause') || outcome.kind !== 'applied' || state?.status === 'done')
    return undefined;
  const { by, why } = entry.body as unknown as AdminBody;
  const reason = why === undefined ? '' : ` (${why})`;
  return {
    code: 'paused',
    message: `${entry.type}/${entry.id} was paused by ${by}${reason}; resume it to go on.`,
    from: entry.sequence + 1,
  };
};

/** The mark, unless an order among these entries has ended it. */
export const standingMark = (
  mark: ParkedMark | undefined,
  entries: readonly Entry[],
): ParkedMark | undefined =>
  mark !== undefined && entries.some((entry) => entry.sequence >= mark.from && unparks(entry))
    ? undefined
    : mark;

/** What the orders to fold again among some entries came to. */
export interface FoldedAgain {
  /** The last one that was carried out, and its entry: what stands before it counts no more. */
  readonly applied: { readonly entry: Entry; readonly step: Step } | undefined;
  /** Refused ones, by sequence. */
  readonly refused: ReadonlyMap<number, Step['outcome']>;
}

const NOTHING: FoldedAgain = { applied: undefined, refused: new Map() };

/**
 * Carries out the last order among `entries` that can be: by the journal from the create on, and
 * without the machines that folded it before. `read` turns stored entries into entries.
 */
export const foldAgainFrom = async (
  { ports, catalog, fold }: OrderContext,
  actor: ActorAddress,
  entries: readonly Entry[],
  read: (stored: readonly StoredEntry[]) => readonly Entry[],
  beforeFold: (sequence: number) => Promise<void> | undefined = () => undefined,
): Promise<FoldedAgain> => {
  const mustNotFold = faultedEntries(entries);
  const orders = entries.filter(
    (entry) => foldAgainOrderOf(entry) !== undefined && !mustNotFold.has(entry.sequence),
  );
  const last = orders.at(-1);
  if (last === undefined) return NOTHING;
  const all = read(await ports.journal.read(actor, { upTo: last.sequence }));
  const refused = new Map<number, Step['outcome']>();
  for (const entry of orders.toReversed()) {
    const machine = catalog.get(entry.type, foldAgainOrderOf(entry)?.version ?? '');
    if (machine === undefined) continue;
    await beforeFold(entry.sequence);
    const earlier = all.filter(({ sequence }) => sequence < entry.sequence);
    const step = foldAgain(machine, undefined, earlier, entry, fold);
    if (step.outcome.kind === 'applied') return { applied: { entry, step }, refused };
    refused.set(entry.sequence, step.outcome);
  }
  return { applied: undefined, refused };
};

/** The step of a refused order: nothing changes. */
export const refusedStep = (
  state: ActorState | undefined,
  { sequence, time }: Entry,
  outcome: Step['outcome'],
): Step => ({
  state: state && { ...state, sequence, entryTime: time, time: Math.max(state.time, time) },
  effects: [],
  outcome,
});

// Folds `peer`: events from other actors, each at most once, and what the runtime itself sends.
import type { ActorState, PendingChild } from '../actor-state.ts';
import type { PeerBody, PeerMark, PeerSignal } from '../entry.ts';
import { failedCommand } from '../command-error.ts';
import { errorDataOf } from '../errors.ts';
import { addressKey, type ActorAddress } from '../names.ts';
import type { Step } from '../step.ts';
import { checkEvent, foldEvent, refusalOf } from './event-entry.ts';
import { execute, type StateChanges } from './execute.ts';
import { foldLimitSignal, limitSignalOf } from './permit-entry.ts';
import { Settlement } from './task-logic.ts';
import type { StepCore } from './step-core.ts';
import {
  classOf,
  faulted,
  hopsError,
  ignored,
  passedOver,
  refusedBy,
  type LivingTurn,
} from './turn.ts';
import type { MachineEvent } from './actor-ref.ts';

/** Senders whose last position is kept. */
const SENDERS_MAX = 10_000;

const isSignal = (event: MachineEvent): boolean =>
  event.type === 'pawl.stop' ||
  event.type === 'pawl.child-done' ||
  event.type === 'pawl.child-failed';

/** The marks with the sender's new one; over the limit an ended sender goes, else the oldest. */
export const withMark = (
  peers: ActorState['peers'],
  sender: string,
  mark: PeerMark,
): Readonly<Record<string, PeerMark>> => {
  const next: Record<string, PeerMark> = { ...peers };
  delete next[sender]; // Set anew, so that the order of keys is the order of use.
  next[sender] = mark;
  const senders = Object.keys(next);
  if (senders.length > SENDERS_MAX) {
    const ended = senders.find((other) => other !== sender && next[other]?.ended === true);
    const leaves = ended ?? senders[0];
    if (leaves !== undefined) delete next[leaves];
  }
  return next;
};

/** Folds an entry from another actor. */
export const foldPeer = (turn: LivingTurn): Step => {
  const { state, rules, entry } = turn;
  const word = limitSignalOf(entry);
  if (word !== undefined) return foldLimitSignal(turn, word);
  const { from, event } = entry.body as unknown as PeerBody;
  const sender = addressKey(from);
  const position = { sequence: from.sequence, n: from.n };
  if (!rules.isNewer(state.peers[sender], position)) return ignored(turn, 'repeated-peer-event');
  const hasEnded = event.type === 'pawl.child-done' || event.type === 'pawl.child-failed';
  const mark: PeerMark = { ...position, ...(hasEnded && { ended: true as const }) };
  const peers = withMark(state.peers, sender, mark);
  const step = isSignal(event)
    ? foldSignal(turn, from, event as unknown as PeerSignal, peers)
    : foldMessage(turn, event, peers);
  // A refused event is folded, too: its repeat must not be taken later.
  if (step.state === undefined || step.outcome.kind === 'applied') return step;
  return { ...step, state: { ...step.state, peers } };
};

const foldMessage = (turn: LivingTurn, event: MachineEvent, peers: StateChanges['peers']): Step => {
  const refusal = refusalOf(turn, 'events');
  if (refusal !== undefined) return refusal;
  const tooMany = hopsError(turn);
  if (tooMany !== undefined) return refusedBy(turn, tooMany);
  let checked: MachineEvent;
  try {
    checked = checkEvent(turn, event);
  } catch (error) {
    return refusedBy(turn, error);
  }
  return foldEvent(turn, checked, changesOf(turn, peers));
};

const changesOf = (turn: LivingTurn, peers: StateChanges['peers']): StateChanges => ({
  ...(peers !== undefined && { peers }),
  class: classOf(turn.entry),
});

const foldSignal = (
  turn: LivingTurn,
  from: ActorAddress,
  signal: PeerSignal,
  peers: StateChanges['peers'],
): Step => {
  const { state, registered } = turn;
  if (signal.type === 'pawl.stop') {
    const { parent } = state;
    if (parent === undefined || addressKey(parent) !== addressKey(from))
      return ignored(turn, 'unknown-sender');
    if (state.status !== 'active' || !registered.signalTypes.has(signal.type))
      return ignored(turn, 'nothing-to-do');
    const step = foldEvent(turn, signal, changesOf(turn, peers));
    if (step.outcome.kind !== 'refused') return step;
    const { error } = step.outcome;
    // A parent does not say it twice, so it may not get lost.
    return error.code === 'payload-too-large'
      ? faulted(turn, error)
      : ignored(turn, 'nothing-to-do');
  }
  const child = state.pending.children[signal.path];
  if (child === undefined || child.generation !== signal.generation)
    return ignored(turn, 'stale-reply');
  if (addressKey(child) !== addressKey(from)) return ignored(turn, 'unknown-sender');
  return settleChild(turn, child, signal, peers);
};

/** How a child ended, as its peer event or a host says. */
export type ChildEnd = Exclude<PeerSignal, { readonly type: 'pawl.stop' }>;

/**
 * The end of a remote child becomes the done or error event of its invoke. The actor goes on where
 * it stood when it made the child, as with commands: one child after the other is no chain of
 * events that answer each other. An output that the actor has no room for is the child's error.
 */
export const settleChild = (
  turn: LivingTurn,
  child: PendingChild,
  signal: ChildEnd,
  peers: StateChanges['peers'],
): Step => {
  const { state } = turn;
  const { path, generation } = child;
  if (state.status === 'faulted') return keepEnd(turn, child, signal, peers);
  const asFailed = (thrown: unknown): Step => {
    if (turn.entry.kind === 'admin') return refusedBy(turn, thrown);
    const error = errorDataOf(thrown);
    return settleChild(turn, child, { type: 'pawl.child-failed', path, generation, error }, peers);
  };
  return (
    refusalOf(turn, 'replies') ??
    execute(
      turn,
      child.hops - 1,
      peers === undefined ? {} : { peers },
      (core) => (endOfChild(core, child, signal) ? undefined : ignored(turn, 'stale-reply')),
      signal.type === 'pawl.child-done' ? asFailed : undefined,
    )
  );
};

/** A child ends once: a faulted parent keeps it until an operator goes on. */
const keepEnd = (
  turn: LivingTurn,
  child: PendingChild,
  end: ChildEnd,
  peers: StateChanges['peers'],
): Step => {
  const { pending } = turn.state;
  const children = { ...pending.children, [child.path]: { ...child, end } };
  return {
    state: {
      ...passedOver(turn),
      pending: { ...pending, children },
      ...(peers !== undefined && { peers }),
    },
    effects: [],
    outcome: { kind: 'applied' },
  };
};

/** Settles the invoke of a child. False when nobody waits for it. */
export const endOfChild = (core: StepCore, child: PendingChild, end: ChildEnd): boolean => {
  const { path } = child;
  const ref = core.actors.system.running.get(path);
  if (ref === undefined) return false;
  core.pending.children.delete(path);
  core.class = child.class;
  ref.send(
    end.type === 'pawl.child-done'
      ? new Settlement('done', end.output)
      : new Settlement('error', failedCommand(end.error, 1)),
  );
  return true;
};

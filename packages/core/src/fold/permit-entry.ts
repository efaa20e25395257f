// Folds what a limit says about a permit: granted, or queued behind somebody.
import type { ActorState, PendingPermit } from '../actor-state.ts';
import type { Effect } from '../effect.ts';
import type { Entry, PeerBody, PermitSignal } from '../entry.ts';
import { LIMIT_TYPE } from '../limit/scope.ts';
import type { Step } from '../step.ts';
import { execute } from './execute.ts';
import { awaitedScope, releaseSignal, takeGrant } from './permit-ledger.ts';
import { ignored, passedOver, type LivingTurn } from './turn.ts';

type LimitSignal = Extract<PermitSignal, { readonly type: 'pawl.granted' | 'pawl.queued' }>;

/** What a limit says, if the entry is such a word. */
export const limitSignalOf = ({ kind, body }: Entry): LimitSignal | undefined => {
  if (kind !== 'peer') return undefined;
  const { from, event } = body as unknown as PeerBody;
  const isSignal = event.type === 'pawl.granted' || event.type === 'pawl.queued';
  return isSignal && from.type === LIMIT_TYPE ? (event as unknown as LimitSignal) : undefined;
};

/** Nobody here waits for it: without an answer the limit would count it for ever. */
const giveBack = (entry: Entry, { path, generation, scope }: LimitSignal): Effect[] => {
  const { from } = entry.body as unknown as PeerBody;
  const to = { type: from.type, id: from.id };
  const event = releaseSignal({ path, generation }, scope);
  return [{ kind: 'peer', to, sequence: entry.sequence, n: 0, event, hops: 0 }];
};

/** The actor has been erased, or its create was lost: it has no state, and answers all the same. */
export const giveBackUnborn = (entry: Entry, signal: LimitSignal): Step => ({
  state: undefined,
  effects: giveBack(entry, signal),
  outcome: { kind: 'ignored', reason: 'nothing-to-do' },
});

/**
 * Folds it. No mark of the sender is kept: what is awaited is known by path, generation and scope,
 * so a repeat is recognised whenever it comes.
 */
export const foldLimitSignal = (turn: LivingTurn, signal: LimitSignal): Step => {
  const { state, entry, rules } = turn;
  const { path, generation, scope } = signal;
  const permit = state.pending.permits?.[path];
  const verdict = rules.permitVerdict(permit, generation, scope);
  if (verdict === 'repeated') return ignored(turn, 'repeated-peer-event');
  if (permit === undefined || verdict === 'unwanted')
    return {
      state: passedOver(turn),
      effects: giveBack(entry, signal),
      outcome: { kind: 'applied' },
    };
  if (signal.type === 'pawl.queued') {
    const { behind } = signal;
    const queued: PendingPermit = { ...permit, ...(behind !== undefined && { behind }) };
    return { state: withPermit(turn, queued), effects: [], outcome: { kind: 'applied' } };
  }
  if (state.status === 'faulted') return keepGrant(turn, permit);
  return execute(turn, permit.hops, {}, (core) => {
    takeGrant(core, permit);
    return undefined;
  });
};

const withPermit = (turn: LivingTurn, permit: PendingPermit): ActorState => {
  const { pending } = turn.state;
  const permits = { ...pending.permits, [permit.path]: permit };
  return { ...passedOver(turn), pending: { ...pending, permits } };
};

/** A faulted actor holds what it is given; what it lacks is asked for when an operator goes on. */
const keepGrant = (turn: LivingTurn, permit: PendingPermit): Step => {
  const { behind: _gone, ...rest } = permit;
  const kept: PendingPermit = { ...rest, held: permit.held + 1, isUntold: true };
  const isComplete = awaitedScope(kept) === undefined;
  const held = isComplete ? { ...kept, heldSince: turn.time } : kept;
  return { state: withPermit(turn, held), effects: [], outcome: { kind: 'applied' } };
};

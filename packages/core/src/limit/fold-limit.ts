// Folds the entries of a limit: requests, releases and an operator's orders. Native: no XState.
import type { ActorState, PersistedSnapshot } from '../actor-state.ts';
import type { Effect } from '../effect.ts';
import type { CreateBody, PeerBody, PermitSignal } from '../entry.ts';
import { PawlError } from '../errors.ts';
import { newborn } from '../fold/create-entry.ts';
import {
  faulted,
  ignored,
  passedOver,
  refused,
  refusedBy,
  unborn,
  type LivingTurn,
  type Turn,
} from '../fold/turn.ts';
import { addressKey } from '../names.ts';
import type { AdminBody } from '../order.ts';
import type { Step } from '../step.ts';
import { LimitChange, requestKey } from './limit-change.ts';
import { emptyLimit, type LimitTable, type PermitRequest } from './limit-table.ts';
import { limitTagsOf } from './limit-view.ts';
import { orderedRelease } from './release-order.ts';
import { checkCapacity, checkScope, limitIdOf, scopeOfLimit } from './scope.ts';

/** Create input of a limit. */
export interface LimitInput {
  readonly scope: string;
  readonly max: number;
}

const snapshotOf = (value: 'open' | 'full'): PersistedSnapshot => ({
  status: 'active',
  value,
  context: {},
  historyValue: {},
  children: {},
});
const OPEN = snapshotOf('open');
const FULL = snapshotOf('full');

/** Folds one entry of a limit. `state` is undefined before its birth. */
export const foldLimit = (turn: Turn, state: ActorState | undefined): Step => {
  const { entry } = turn;
  if (entry.kind === 'create') return create(turn, state);
  if (state === undefined)
    return unborn(new PawlError('no-such-actor', `${addressKey(entry)} has not been created.`));
  const living = { ...turn, state };
  switch (entry.kind) {
    case 'peer':
      return foldRequest(living);
    case 'admin':
      return foldOrder(living);
    case 'host':
      // An entry that ended hosts is passed over; whoever else asks is served all the same.
      return entry.body['type'] === 'faulted'
        ? faulted(living, entry.body['error'] as never)
        : ignored(living, 'nothing-to-do');
    case 'reply':
      return ignored(living, 'stale-reply');
    case 'timer':
      return ignored(living, 'stale-timer');
    case 'event':
      return noEvent(living, String(entry.body['type']));
  }
};

const create = (turn: Turn, before: ActorState | undefined): Step => {
  const { entry } = turn;
  const { input } = entry.body as CreateBody;
  try {
    const { scope, max } = (input ?? {}) as Partial<LimitInput>;
    checkScope(scope);
    checkCapacity(max, `The max of ${addressKey(entry)}`);
    if (limitIdOf(String(scope)) !== entry.id)
      throw new PawlError(
        'invalid-id',
        `The limit of ${scope} has the id ${limitIdOf(String(scope))}, not ${entry.id}.`,
      );
    if (before !== undefined)
      return refused(
        { ...turn, state: before },
        'actor-exists',
        `${addressKey(entry)} was created at sequence ${before.bornAt}: ask it for a permit.`,
      );
    const limit = emptyLimit(String(scope), Number(max));
    const state = { ...newborn(turn, {}, undefined), snapshot: OPEN };
    return { state: withTable(state, limit), effects: [], outcome: { kind: 'applied' } };
  } catch (error) {
    if (before === undefined) return unborn(error as PawlError);
    return refusedBy({ ...turn, state: before }, error);
  }
};

const noEvent = (turn: LivingTurn, event: string): Step =>
  refused(
    turn,
    'unknown-event',
    `${addressKey(turn.entry)} is a limit and takes no ${event}: a machine takes a permit by ` +
      'invoking permit(), and an operator changes it with pawl limits.',
  );

/**
 * The table of a limit. One whose birth was passed over begins here, with what its id says; how
 * many places it has comes with the first request, as with any other.
 */
const tableOf = ({ limit, id }: ActorState): LimitTable =>
  limit ?? emptyLimit(scopeOfLimit(id) ?? '', 1);

/** The same for a request: an id that is long does not say the scope, the request does. */
const tableFor = (state: ActorState, scope: string): LimitTable => {
  const table = tableOf(state);
  return table.scope === '' && limitIdOf(scope) === state.id ? table.of(scope) : table;
};

const foldRequest = (turn: LivingTurn): Step => {
  const { state, entry, rules, time } = turn;
  const { from, event } = entry.body as unknown as PeerBody;
  const signal = event as unknown as PermitSignal;
  if (signal.type !== 'pawl.acquire' && signal.type !== 'pawl.release')
    return noEvent(turn, event.type);
  const table = tableFor(state, signal.scope);
  if (signal.scope !== table.scope)
    return refused(
      turn,
      'invalid-scope',
      `${addressKey(entry)} keeps the limit of ${table.scope}, not of ${signal.scope}.`,
    );
  const holder = { type: from.type, id: from.id };
  const { path, generation } = signal;
  const change = new LimitChange(table, time);
  const known = change.find(requestKey({ holder, path, generation }));
  if (signal.type === 'pawl.release') {
    if (known === undefined) return ignored(turn, 'nothing-to-do');
    change.remove(known);
    rules.grant(change);
    return settled(turn, change, grantsOf(turn, change));
  }
  if (known !== undefined) return repeated(turn, known);
  change.declare(signal.max);
  const { sequence } = entry;
  const before = change.lastBefore;
  change.add({ holder, path, generation, sequence, since: time, parents: signal.parents ?? [] });
  rules.grant(change);
  const effects = grantsOf(turn, change);
  const isQueued = !change.granted.some((granted) => granted.sequence === sequence);
  const queued = { type: 'pawl.queued', scope: table.scope, path, generation };
  const told = before === undefined ? queued : { ...queued, behind: before };
  if (isQueued) effects.push(signalEffect(turn, holder, effects.length, told));
  return settled(turn, change, effects);
};

/** A holder that asks again may not have heard of its grant; one that waits will. */
const repeated = (turn: LivingTurn, known: PermitRequest): Step => {
  if (known.place === undefined) return ignored(turn, 'nothing-to-do');
  const { scope } = tableOf(turn.state);
  return {
    state: passedOver(turn),
    effects: [grantEffect(turn, scope, known, 0)],
    outcome: { kind: 'applied' },
  };
};

const foldOrder = (turn: LivingTurn): Step => {
  const { state, entry, rules, time } = turn;
  const order = entry.body as unknown as AdminBody;
  const change = new LimitChange(tableOf(state), time);
  switch (order.type) {
    case 'set-capacity':
      change.order(order.capacity);
      break;
    case 'release-permit': {
      const released = orderedRelease(turn, change.result(), order);
      if ('outcome' in released) return released;
      for (const request of released) change.remove(request);
      break;
    }
    case 'retry': {
      if (state.status === 'active') return ignored(turn, 'nothing-to-do');
      const { fault: _mended, ...rest } = passedOver(turn);
      return { state: { ...rest, status: 'active' }, effects: [], outcome: { kind: 'applied' } };
    }
    case 'pause':
    case 'resume':
    case 'discard':
      return { state: passedOver(turn), effects: [], outcome: { kind: 'applied' } };
    case 'fold-again':
      return ignored(turn, 'nothing-to-do');
    case 'inject':
    case 'set-state':
    case 'unlink':
      return refused(
        turn,
        'order-refused',
        `${addressKey(entry)} is a limit and does not take the order to ${order.type}. It takes: ` +
          'set-capacity, release-permit, retry, pause, resume.',
      );
  }
  rules.grant(change);
  return settled(turn, change, grantsOf(turn, change));
};

const signalEffect = (
  { entry }: Turn,
  to: PermitRequest['holder'],
  n: number,
  event: Extract<Effect, { readonly kind: 'peer' }>['event'],
): Effect => ({ kind: 'peer', to, sequence: entry.sequence, n, event, hops: 0 });

const grantEffect = (
  turn: Turn,
  scope: string,
  { holder, path, generation }: PermitRequest,
  n: number,
): Effect => signalEffect(turn, holder, n, { type: 'pawl.granted', scope, path, generation });

const grantsOf = (turn: LivingTurn, change: LimitChange): Effect[] => {
  const { scope } = change.result();
  return change.granted.map((request, n) => grantEffect(turn, scope, request, n));
};

const withTable = (state: ActorState, limit: LimitTable): ActorState => {
  const snapshot = limit.places.size < limit.capacity ? OPEN : FULL;
  return {
    ...state,
    snapshot,
    since: snapshot.value === state.snapshot.value ? state.since : state.time,
    tags: limitTagsOf(limit),
    limit,
  };
};

const settled = (turn: LivingTurn, change: LimitChange, effects: readonly Effect[]): Step => ({
  state: withTable(passedOver(turn), change.result()),
  effects,
  outcome: { kind: 'applied' },
});

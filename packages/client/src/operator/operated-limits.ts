// Limits, seen by an operator: who holds a permit, who waits, how many there are; and an audit.
import {
  addressKey,
  checkCapacity,
  checkScope,
  LIMIT_TYPE,
  limitAddress,
  PawlError,
  type ActorAddress,
  type PermitPage,
  type PermitView,
  type StateView,
  type WaitingFor,
} from '@pawl/core';
import { askPermits, askState } from '../ask.ts';
import type { ClientShell } from '../client-shell.ts';
import { listActors } from '../list-actors.ts';
import { giveOrder, type OrderOptions, type OrderResult } from './give-order.ts';

/** A limit with all its permits and requests, by sequence. */
export type LimitView = Omit<PermitPage, 'next'>;

/** A permit, or a request for one, that its holder knows nothing of. */
export interface UnheldPermit extends PermitView {
  readonly scope: string;
  /**
   * What the holder says. `nobody answers` and `parked`: it may well hold it, no host is there to
   * tell, or the one that answers cannot fold what came last.
   */
  readonly why: 'no such actor' | 'ended' | 'does not want it' | 'nobody answers' | 'parked';
}

/** Is it known that its holder does not have it? Then it can be released without harm. */
export const isUnheldForSure = ({ why }: UnheldPermit): boolean =>
  why !== 'nobody answers' && why !== 'parked';

/** Limits, seen by an operator. */
export interface OperatedLimits {
  /** All limits, without their permits. */
  list(): AsyncIterable<LimitView>;
  /** Throws `invalid-scope`, or `unknown-scope` when nobody has asked for it. */
  load(scope: string): Promise<LimitView>;
  /** Undefined: as many as requests declare. Throws `invalid-capacity` as well. */
  setCapacity(
    scope: string,
    capacity: number | undefined,
    options?: OrderOptions,
  ): Promise<OrderResult>;
  /** Takes back what a holder has, or its request; for holders that are faulted or gone. */
  release(
    scope: string,
    holder: ActorAddress,
    options?: OrderOptions & Partial<Pick<PermitView, 'path' | 'generation'>>,
  ): Promise<OrderResult>;
  /** Compares each permit and request of a limit with what its holder says. */
  audit(scope: string): Promise<readonly UnheldPermit[]>;
}

const NAMED_MAX = 10;
const ASKED_AT_ONCE = 16;

const unknownScope = async (shell: ClientShell, scope: string): Promise<PawlError> => {
  const known: string[] = [];
  for await (const limit of listLimits(shell)) {
    known.push(limit.scope);
    if (known.length === NAMED_MAX) break;
  }
  return new PawlError(
    'unknown-scope',
    `Nobody has asked for a permit of ${scope}. Scopes that are known: ` +
      `${known.join(', ') || 'none'}${known.length === NAMED_MAX ? ', …' : ''}.`,
    { details: { scope } },
  );
};

/** What `work` says, with a limit that is not there told by its scope. */
const ofScope = async <Result>(
  shell: ClientShell,
  scope: string,
  work: (limit: ActorAddress) => Promise<Result>,
): Promise<Result> => {
  checkScope(scope);
  try {
    return await work(limitAddress(scope));
  } catch (error) {
    if (!(error instanceof PawlError) || error.code !== 'no-such-actor') throw error;
    throw await unknownScope(shell, scope);
  }
};

async function* listLimits(shell: ClientShell): AsyncGenerator<LimitView, void, undefined> {
  for await (const { type, id } of listActors(shell, LIMIT_TYPE, {})) {
    const { next: _next, ...limit } = await askPermits(shell, { type, id }, { limit: 1 });
    yield { ...limit, permits: [] };
  }
}

const loadLimit = async (shell: ClientShell, address: ActorAddress): Promise<LimitView> => {
  const permits: PermitView[] = [];
  let after = 0;
  for (;;) {
    const { next, ...limit } = await askPermits(shell, address, { after });
    permits.push(...limit.permits);
    if (next === undefined) return { ...limit, permits };
    after = next;
  }
};

const wants = (
  { what, name, generation, scopes }: WaitingFor,
  permit: PermitView,
  scope: string,
): boolean =>
  what === 'permit' &&
  name === permit.path &&
  generation === permit.generation &&
  scopes?.includes(scope) === true;

/**
 * Has another host perhaps folded on? One that lacks a version, say, tells how far it came itself.
 * A pause stands in the journal: it holds for all hosts.
 */
const isBehind = (parked: StateView['parked']): boolean =>
  parked !== undefined && parked.code !== 'paused';

/**
 * Why nobody holds it; undefined when its holder says that it does, or waits for it. Of `silent`
 * types nobody has answered: each of thousands would be waited for as long.
 */
const faultOf = async (
  shell: ClientShell,
  scope: string,
  permit: PermitView,
  silent: Set<string>,
): Promise<UnheldPermit['why'] | undefined> => {
  const { type } = permit.holder;
  if (silent.has(type)) return 'nobody answers';
  try {
    const { status, waitingFor, parked } = await askState(shell, permit.holder);
    if (waitingFor.some((each) => wants(each, permit, scope))) return undefined;
    if (isBehind(parked)) return 'parked';
    return status === 'done' ? 'ended' : 'does not want it';
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    if (error.code === 'actor-parked' || error.code === 'version-missing') return 'parked';
    if (error.code === 'no-such-actor') return 'no such actor';
    if (error.code !== 'no-answer' && error.code !== 'unknown-type') throw error;
    silent.add(type);
    return 'nobody answers';
  }
};

/** A holder may have given it back between two looks: only what is still there counts. */
const auditLimit = async (
  shell: ClientShell,
  address: ActorAddress,
): Promise<readonly UnheldPermit[]> => {
  const { scope, permits } = await loadLimit(shell, address);
  const suspects: UnheldPermit[] = [];
  const silent = new Set<string>();
  for (let start = 0; start < permits.length; start += ASKED_AT_ONCE) {
    const batch = permits.slice(start, start + ASKED_AT_ONCE);
    const faults = await Promise.all(batch.map((permit) => faultOf(shell, scope, permit, silent)));
    for (const [index, permit] of batch.entries()) {
      const why = faults[index];
      if (why !== undefined) suspects.push({ ...permit, scope, why });
    }
  }
  if (suspects.length === 0) return [];
  const now = await loadLimit(shell, address);
  const still = new Set(now.permits.map(({ sequence }) => sequence));
  return suspects.filter(({ sequence }) => still.has(sequence));
};

/** The limits that `shell` reaches. */
export const operateLimits = (shell: ClientShell): OperatedLimits => ({
  list: () => listLimits(shell),
  load: (scope) => ofScope(shell, scope, (limit) => loadLimit(shell, limit)),
  setCapacity: async (scope, capacity, options = {}) => {
    if (capacity !== undefined) checkCapacity(capacity, `The capacity of ${scope}`);
    const order = { type: 'set-capacity', ...(capacity !== undefined && { capacity }) } as const;
    return ofScope(shell, scope, (limit) => giveOrder(shell, limit, order, options));
  },
  release: (scope, holder, { path, generation, ...options } = {}) => {
    const order = {
      type: 'release-permit',
      holder: { type: holder.type, id: holder.id },
      ...(path !== undefined && { path }),
      ...(generation !== undefined && { generation }),
    } as const;
    return ofScope(shell, scope, (limit) => giveOrder(shell, limit, order, options));
  },
  audit: (scope) => ofScope(shell, scope, (limit) => auditLimit(shell, limit)),
});

/** `volume/vol-3` as an address. Throws `invalid-id`. */
export const holderOf = (text: string): ActorAddress => {
  const [type = '', id = '', ...rest] = text.split('/');
  if (type !== '' && id !== '' && rest.length === 0) return { type, id };
  throw new PawlError(
    'invalid-id',
    `${JSON.stringify(text)} is no holder: write ${addressKey({ type: '<type>', id: '<id>' })}.`,
  );
};

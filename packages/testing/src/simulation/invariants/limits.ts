// A limit never grants more than its capacity, grants in the order of the requests, and lets nobody
// wait while there is a place.
import { requestKey, type LimitTable, type PermitRequest, type ReplayedEntry } from '@pawl/core';
import type { Evidence, Life } from '../evidence.ts';

/** One step of a limit. */
export interface LimitStep {
  readonly key: string;
  readonly from: ReplayedEntry;
  readonly before: LimitTable;
  readonly after: LimitTable;
}

/** All steps of a limit after its birth that changed something. */
export const limitStepsOf = ({ key, replayed }: Life): readonly LimitStep[] =>
  replayed.flatMap((from) => {
    const before = from.before?.limit;
    const after = from.step.state?.limit;
    const isStep = before !== undefined && after !== undefined && before !== after;
    return isStep ? [{ key, from, before, after }] : [];
  });

/** Those that hold a permit, by request. */
export const heldIn = (table: LimitTable): ReadonlyMap<string, PermitRequest> =>
  new Map([...table.holders()].map((request) => [requestKey(request), request]));

/** Those that hold one now and did not before. */
export const grantedIn = ({ before, after }: LimitStep): readonly PermitRequest[] => {
  const held = heldIn(before);
  return [...heldIn(after)].flatMap(([key, request]) => (held.has(key) ? [] : [request]));
};

/** Those that held one before and do not now. */
export const takenIn = ({ before, after }: LimitStep): readonly PermitRequest[] => {
  const held = heldIn(after);
  return [...heldIn(before)].flatMap(([key, request]) => (held.has(key) ? [] : [request]));
};

const all = (
  { lives }: Evidence,
  hold: (step: LimitStep) => readonly string[],
): readonly string[] =>
  [...lives.values()].flatMap((life) =>
    limitStepsOf(life).flatMap((step) =>
      hold(step).map((text) => `${step.key}@${step.from.stored.sequence}: ${text}`),
    ),
  );

/** Words of actors and orders of operators, as far as they are about capacity. */
interface Word {
  readonly type?: string;
  readonly capacity?: number;
  readonly event?: { readonly type: string; readonly max?: number };
}

/**
 * Capacity as the entries up to each step say: the last request that is no repeat declares it, and
 * an operator's word goes before that.
 */
const capacitiesOf = (life: Life): ReadonlyMap<number, number> => {
  const capacities = new Map<number, number>();
  let declared = 0;
  let ordered: number | undefined;
  for (const { before, after, from } of limitStepsOf(life)) {
    const { type, capacity, event }: Word = from.entry?.body ?? {};
    if (capacities.size === 0) declared = before.declared;
    if (type === 'set-capacity') ordered = capacity;
    const isNew = after.parts.requests.size > before.parts.requests.size;
    if (event?.type === 'pawl.acquire' && isNew) declared = event.max ?? declared;
    capacities.set(from.stored.sequence, ordered ?? declared);
  }
  return capacities;
};

/**
 * A place is taken only while fewer than the capacity are; lowering takes none away, so then more
 * may be held until enough have gone.
 */
export const staysWithinCapacity = (evidence: Evidence): readonly string[] => {
  const capacities = new Map(
    [...evidence.lives.values()].flatMap((life) => [...capacitiesOf(life)]),
  );
  return all(evidence, (step) => {
    const { before, after, from } = step;
    const capacity = capacities.get(from.stored.sequence) ?? after.capacity;
    const isMore = after.places.size > before.places.size;
    const event = from.entry?.body['event'] as { readonly type: string } | undefined;
    const isGivenBack =
      event?.type === 'pawl.release' || from.entry?.body['type'] === 'release-permit';
    const left = new Set(after.list().map(requestKey));
    const gone = before.list().filter((request) => !left.has(requestKey(request)));
    return [
      ...(isMore && after.places.size > capacity
        ? [`${after.places.size} places are taken, and there are ${capacity}`]
        : []),
      ...(!isGivenBack && gone.length > 0
        ? [`${gone.map(requestKey).join(', ')} is gone, and did not give it back`]
        : []),
    ];
  });
};

/** Nobody who took a place of its own has overtaken one that asked earlier. */
export const grantsInOrder = (evidence: Evidence): readonly string[] =>
  all(evidence, (step) => {
    const own = grantedIn(step).filter(({ place, sequence }) => place === sequence);
    const last = Math.max(0, ...own.map(({ sequence }) => sequence));
    const first = [...step.after.waiting.values()][0];
    const entered = [...step.after.list()].filter(
      (request) => !step.before.list().some((known) => requestKey(known) === requestKey(request)),
    );
    return [
      ...(first !== undefined && first.sequence < last
        ? [`the request ${last} was granted, and ${requestKey(first)} asked at ${first.sequence}`]
        : []),
      ...entered
        .filter(({ sequence }) => sequence !== step.from.stored.sequence)
        .map((request) => `${requestKey(request)} is queued at ${request.sequence}`),
    ];
  });

/** Whoever waits does so because all places are taken. */
export const leavesNoPlaceFree = (evidence: Evidence): readonly string[] =>
  all(evidence, ({ after: { waiting, places, capacity } }) =>
    waiting.size > 0 && places.size < capacity
      ? [`${waiting.size} wait, and ${places.size} of ${capacity} places are taken`]
      : [],
  );

/** When everybody has come to rest, nobody holds or wants a permit. */
export const endsFree = ({ states }: Evidence): readonly string[] =>
  [...states].flatMap(([key, { limit, pending, status }]) => [
    ...(limit?.list() ?? []).map(
      (request) => `${requestKey(request)} is left in ${key} (${request.place ?? 'waits'})`,
    ),
    ...Object.values(status === 'active' ? (pending.permits ?? {}) : {}).map(
      ({ path, scopes }) => `${key} still has ${path} for ${scopes.join(' and ')}`,
    ),
  ]);

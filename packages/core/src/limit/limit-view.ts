// What readers see of a limit: numbers, the first of each list, and pages of all.
import type { ActorState } from '../actor-state.ts';
import type { PermitPage, PermitView } from '../state-view.ts';
import type { LimitTable, PermitRequest } from './limit-table.ts';

/** Holders and waiters that stand in the state itself. */
const SHOWN_MAX = 20;

const PAGE_MAX = 1000;

/** A request as readers see it. */
const permitViewOf = ({ holder, path, generation, ...request }: PermitRequest): PermitView => {
  const { sequence, since, heldSince, place } = request;
  return {
    holder,
    path,
    generation,
    sequence,
    since,
    ...(heldSince !== undefined && { heldSince }),
    ...(place !== undefined && place !== sequence && { within: place }),
  };
};

/** `3/4 held` and `12 waiting`: the tags of a limit, so that lists show them. */
export const limitTagsOf = ({ places, waiting, capacity }: LimitTable): readonly string[] => [
  `${places.size}/${capacity} held`,
  ...(waiting.size > 0 ? [`${waiting.size} waiting`] : []),
];

const firstOf = (requests: Iterable<PermitRequest>): readonly PermitView[] => {
  const shown: PermitView[] = [];
  for (const request of requests) {
    if (shown.length === SHOWN_MAX) break;
    shown.push(permitViewOf(request));
  }
  return shown;
};

const numbersOf = (table: LimitTable): Omit<PermitPage, 'permits' | 'next'> => {
  const { scope, capacity, declared, ordered, places, waiting } = table;
  return {
    scope,
    capacity,
    declared,
    ...(ordered !== undefined && { ordered }),
    held: places.size,
    waiting: waiting.size,
  };
};

/** What stands in the state of a limit in the place of a context. */
export const limitContextOf = (table: LimitTable): Readonly<Record<string, unknown>> => ({
  ...numbersOf(table),
  holders: firstOf(table.holders()),
  waiters: firstOf(table.waiting.values()),
});

/** Requests of a limit by sequence, those after `after`; undefined for another kind of actor. */
export const permitPageOf = (
  { limit }: ActorState,
  after: number = 0,
  count: number = PAGE_MAX,
): PermitPage | undefined => {
  if (limit === undefined) return undefined;
  const rest = limit.list().filter(({ sequence }) => sequence > after);
  const size = Math.min(Math.max(1, count), PAGE_MAX);
  const permits = rest.slice(0, size).map(permitViewOf);
  const last = permits.at(-1);
  return {
    ...numbersOf(limit),
    permits,
    ...(rest.length > size && last !== undefined && { next: last.sequence }),
  };
};

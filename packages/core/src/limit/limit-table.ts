// Who holds a permit of a limit and who waits for one: a table of its own beside XState's context.
import type { ActorAddress } from '../names.ts';
import { NumberMap } from './number-map.ts';
import { TextMap } from './text-map.ts';

/** A request, from the first time it is heard until its release. */
export interface PermitRequest {
  readonly holder: ActorAddress;
  /** Path of the invoke. */
  readonly path: string;
  readonly generation: string;
  /** Journal sequence of the request: the order of the queue. */
  readonly sequence: number;
  /** Since when it has been asked for, ms. */
  readonly since: number;
  /** Actors above the holder, nearest first: what they hold covers it. */
  readonly parents: readonly ActorAddress[];
  /** Since when it is held, ms; absent while it waits. */
  readonly heldSince?: number;
  /** Sequence of the request that took the place that it shares; its own when it took one. */
  readonly place?: number;
}

/** A request in an encoded table: small, because there may be thousands. */
export type EncodedRequest = readonly [
  sequence: number,
  since: number,
  type: string,
  id: string,
  path: string,
  generation: string,
  heldSince: number | null,
  place: number | null,
  parents: readonly string[],
];

/** A table as snapshots have it. */
export interface EncodedLimit {
  readonly scope: string;
  readonly declared: number;
  readonly ordered?: number;
  /** By sequence. */
  readonly requests: readonly EncodedRequest[];
}

/** All that a table consists of. Never changed: `LimitChange` makes the next one. */
export interface LimitParts {
  readonly scope: string;
  /** Capacity by the last request. */
  readonly declared: number;
  /** Capacity by an operator: goes before what requests say. */
  readonly ordered: number | undefined;
  /** By request key. */
  readonly requests: TextMap<PermitRequest>;
  /** Those that wait, by sequence. */
  readonly waiting: NumberMap<PermitRequest>;
  /** Places taken, by the sequence of the request that took it: keys of those within, in order. */
  readonly places: NumberMap<NumberMap<string>>;
  /** Sequences by holder: a child looks here for what its parents hold. */
  readonly heldBy: TextMap<NumberMap<string>>;
  /** Keys of those that wait below an actor, by that actor: its grant is theirs as well. */
  readonly waitingBelow: TextMap<NumberMap<string>>;
}

/** The table of one state, which is never changed. */
export class LimitTable {
  readonly parts: LimitParts;

  constructor(parts: LimitParts) {
    this.parts = parts;
  }

  get scope(): string {
    return this.parts.scope;
  }

  get declared(): number {
    return this.parts.declared;
  }

  get ordered(): number | undefined {
    return this.parts.ordered;
  }

  get waiting(): NumberMap<PermitRequest> {
    return this.parts.waiting;
  }

  get places(): NumberMap<NumberMap<string>> {
    return this.parts.places;
  }

  /** How many places there are. */
  get capacity(): number {
    return this.ordered ?? this.declared;
  }

  /** The same for another scope: one that was not known is heard of with the first request. */
  of(scope: string): LimitTable {
    return new LimitTable({ ...this.parts, scope });
  }

  /** Those that hold a permit, place by place. */
  *holders(): Generator<PermitRequest, void, undefined> {
    const { places, requests } = this.parts;
    for (const within of places.values())
      for (const key of within.values()) {
        const request = requests.get(key);
        if (request !== undefined) yield request;
      }
  }

  /** All requests, by sequence. O(n): for readers and snapshots, not for steps. */
  list(): readonly PermitRequest[] {
    const all = [...this.holders(), ...this.waiting.values()];
    return all.toSorted((one, other) => one.sequence - other.sequence);
  }

  /** As snapshots have it. JSON of a state has the same. */
  toJSON(): EncodedLimit {
    const { scope, declared, ordered } = this;
    const requests = this.list().map(encodeRequest);
    return { scope, declared, ...(ordered !== undefined && { ordered }), requests };
  }
}

const encodeRequest = (request: PermitRequest): EncodedRequest => {
  const { sequence, since, holder, path, generation, heldSince = null, place = null } = request;
  const parents = request.parents.map(({ type, id }) => `${type}/${id}`);
  return [sequence, since, holder.type, holder.id, path, generation, heldSince, place, parents];
};

/** A request as an encoded table has it. */
export const decodeRequest = (encoded: EncodedRequest): PermitRequest => {
  const [sequence, since, type, id, path, generation, heldSince, place, parents] = encoded;
  return {
    holder: { type, id },
    path,
    generation,
    sequence,
    since,
    parents: parents.map((parent) => {
      const [parentType = '', parentId = ''] = parent.split('/');
      return { type: parentType, id: parentId };
    }),
    ...(heldSince !== null && { heldSince }),
    ...(place !== null && { place }),
  };
};

/** A limit that nobody has asked yet. */
export const emptyLimit = (scope: string, declared: number): LimitTable =>
  new LimitTable({
    scope,
    declared,
    ordered: undefined,
    requests: TextMap.empty(),
    waiting: NumberMap.empty(),
    places: NumberMap.empty(),
    heldBy: TextMap.empty(),
    waitingBelow: TextMap.empty(),
  });

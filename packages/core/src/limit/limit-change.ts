// Changes of a limit within one step: who asks, who gives back, who is granted in their order.
import { commandId } from '../generation.ts';
import { addressKey, type ActorAddress } from '../names.ts';
import { NumberMap } from './number-map.ts';
import type { TextMap } from './text-map.ts';
import {
  decodeRequest,
  emptyLimit,
  LimitTable,
  type EncodedLimit,
  type LimitParts,
  type PermitRequest,
} from './limit-table.ts';

type Writable<Parts> = { -readonly [Part in keyof Parts]: Parts[Part] };

/** What tells a request from all others. */
export const requestKey = ({
  holder,
  path,
  generation,
}: Pick<PermitRequest, 'holder' | 'path' | 'generation'>): string =>
  commandId(holder, path, generation);

const withItem = (
  map: TextMap<NumberMap<string>>,
  owner: string,
  sequence: number,
  key: string,
): TextMap<NumberMap<string>> =>
  map.set(owner, (map.get(owner) ?? NumberMap.empty<string>()).set(sequence, key));

const withoutItem = (
  map: TextMap<NumberMap<string>>,
  owner: string,
  sequence: number,
): TextMap<NumberMap<string>> => {
  const items = map.get(owner)?.delete(sequence);
  if (items === undefined) return map;
  return items.size === 0 ? map.delete(owner) : map.set(owner, items);
};

/** The next table while it is made. The one before stays as it is. */
export class LimitChange {
  /** Granted by this change, in order. */
  readonly granted: PermitRequest[] = [];
  readonly #now: Writable<LimitParts>;
  readonly #time: number;

  /** `time`: of the entry that causes the change, ms. */
  constructor(before: LimitTable, time: number) {
    this.#now = { ...before.parts };
    this.#time = time;
  }

  /** The table that came of it. */
  result(): LimitTable {
    return new LimitTable({ ...this.#now });
  }

  find(key: string): PermitRequest | undefined {
    return this.#now.requests.get(key);
  }

  /** Capacity as a request declares it. */
  declare(max: number): void {
    this.#now.declared = max;
  }

  /** Capacity as an operator orders it; undefined: as requests declare it. */
  order(capacity: number | undefined): void {
    this.#now.ordered = capacity;
  }

  /** Queues a request; one whose parent holds a permit is granted within that one at once. */
  add(request: PermitRequest): void {
    this.#queue(request);
    const place = this.#placeAbove(request);
    if (place !== undefined) this.#hold(request, place);
  }

  /** Grants to those who wait, first come, first served, while there are places. */
  grantFree(): void {
    const now = this.#now;
    while (now.places.size < (now.ordered ?? now.declared)) {
      const { first } = now.waiting;
      if (first === undefined) return;
      this.#hold(first, first.sequence);
    }
  }

  /** A holder gives back, or one that waited wants it no more. */
  remove(request: PermitRequest): void {
    const now = this.#now;
    const { place, sequence, holder } = request;
    now.requests = now.requests.delete(requestKey(request));
    if (place === undefined) {
      this.#dequeue(request);
      return;
    }
    now.heldBy = withoutItem(now.heldBy, addressKey(holder), sequence);
    const within = now.places.get(place)?.delete(sequence);
    // A place is free when the last one within it has gone, whoever took it.
    now.places =
      within === undefined || within.size === 0
        ? now.places.delete(place)
        : now.places.set(place, within);
  }

  /** Who stands before a request that would be added now: the last in the queue, or a holder. */
  get lastBefore(): ActorAddress | undefined {
    const { waiting, places, requests } = this.#now;
    const key = places.first?.first;
    const before = waiting.last ?? (key === undefined ? undefined : requests.get(key));
    return before?.holder;
  }

  /** The nearest parent that holds a permit lets it in. */
  #placeAbove({ parents }: PermitRequest): number | undefined {
    const { heldBy, requests } = this.#now;
    for (const parent of parents) {
      const key = heldBy.get(addressKey(parent))?.first;
      const place = key === undefined ? undefined : requests.get(key)?.place;
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #hold(request: PermitRequest, place: number): void {
    const now = this.#now;
    const held = { ...request, heldSince: this.#time, place };
    this.#dequeue(request);
    this.#take(held);
    this.granted.push(held);
    // Its children that asked before would otherwise wait for a place that it waits to give back.
    for (const below of now.waitingBelow.get(addressKey(request.holder))?.values() ?? []) {
      const child = now.requests.get(below);
      if (child !== undefined && child.place === undefined) this.#hold(child, place);
    }
  }

  #queue(request: PermitRequest): void {
    const now = this.#now;
    const key = requestKey(request);
    now.requests = now.requests.set(key, request);
    now.waiting = now.waiting.set(request.sequence, request);
    for (const parent of request.parents)
      now.waitingBelow = withItem(now.waitingBelow, addressKey(parent), request.sequence, key);
  }

  #take(held: PermitRequest & { readonly place: number }): void {
    const now = this.#now;
    const { holder, sequence, place } = held;
    const key = requestKey(held);
    now.requests = now.requests.set(key, held);
    now.heldBy = withItem(now.heldBy, addressKey(holder), sequence, key);
    const within = now.places.get(place) ?? NumberMap.empty<string>();
    now.places = now.places.set(place, within.set(sequence, key));
  }

  #dequeue({ sequence, parents }: PermitRequest): void {
    const now = this.#now;
    now.waiting = now.waiting.delete(sequence);
    for (const parent of parents)
      now.waitingBelow = withoutItem(now.waitingBelow, addressKey(parent), sequence);
  }

  /** Puts a request back as an encoded table has it. */
  restore(request: PermitRequest): void {
    const { place } = request;
    if (place === undefined) this.#queue(request);
    else this.#take({ ...request, place });
  }
}

/** The table of an encoded one. */
export const decodeLimit = ({ scope, declared, ordered, requests }: EncodedLimit): LimitTable => {
  const change = new LimitChange(emptyLimit(scope, declared), 0);
  change.order(ordered);
  for (const encoded of requests) change.restore(decodeRequest(encoded));
  return change.result();
};

// Which actors a partition has and in which state: what lists are answered from.
import {
  type ActorAddress,
  type ActorSummary,
  type ListQuestion,
  type ListReply,
  type SnapshotHeader,
} from '@pawl/core';

const PAGE_MAX = 500;

/** The line of a stored snapshot. */
export const summaryOfHeader = (header: SnapshotHeader): ActorSummary => ({
  type: header.type,
  id: header.id,
  sequence: header.sequence,
  value: JSON.parse(header.value) as unknown,
  tags: header.tags,
  status: header.status as ActorSummary['status'],
  since: header.since,
  version: header.version,
  ...(header.parked !== undefined && { parked: header.parked.code }),
});

/** `alive.ok` or `ok`: is this name a branch of the state value? */
export const hasState = (value: unknown, name: string): boolean => {
  if (typeof value === 'string') return value === name;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => {
    if (key === name || hasState(inner, name)) return true;
    return name.startsWith(`${key}.`) && hasState(inner, name.slice(key.length + 1));
  });
};

/** One page of summaries by id, from all that a partition has of a type. */
export const pageOf = (
  summaries: Iterable<ActorSummary>,
  { state, tag, after = '', limit = PAGE_MAX }: ListQuestion,
): ListReply => {
  const size = Math.min(Math.max(limit, 1), PAGE_MAX);
  const matching = [...summaries]
    .filter(({ id }) => id > after)
    .filter(({ value }) => state === undefined || hasState(value, state))
    .filter(({ tags }) => tag === undefined || tags.includes(tag))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const actors = matching.slice(0, size);
  const last = actors.at(-1);
  return matching.length > size && last !== undefined ? { actors, next: last.id } : { actors };
};

/** The same from stored snapshots, of those that are of the journal with this identity. */
export const pageOfHeaders = (
  headers: readonly SnapshotHeader[],
  identity: string,
  question: ListQuestion,
): ListReply =>
  pageOf(headers.filter(({ journal }) => journal === identity).map(summaryOfHeader), question);

/** Summaries of one partition, by type and id. */
export class SummaryIndex {
  readonly #byType = new Map<string, Map<string, ActorSummary>>();
  readonly #journal: string;
  #isFilled = false;

  /** `journal`: identity of the journal whose snapshots count. */
  constructor(journal: string) {
    this.#journal = journal;
  }

  /** Fills in what snapshots say, without overwriting what steps have said since. */
  fill(headers: readonly SnapshotHeader[]): void {
    for (const header of headers) {
      if (header.journal !== this.#journal) continue;
      const known = this.#of(header.type).get(header.id);
      if (known === undefined || known.sequence < header.sequence)
        this.set(summaryOfHeader(header));
    }
    this.#isFilled = true;
  }

  /** Is it sure that this actor has never been saved? Not before the index is filled. */
  isNew({ type, id }: ActorAddress): boolean {
    return this.#isFilled && this.#byType.get(type)?.has(id) !== true;
  }

  set(summary: ActorSummary): void {
    this.#of(summary.type).set(summary.id, summary);
  }

  /** Says that an actor is parked, until its next step. */
  park({ type, id }: ActorAddress, code: string): void {
    const known = this.#of(type).get(id);
    if (known !== undefined) this.set({ ...known, parked: code });
  }

  page(type: string, question: ListQuestion): ListReply {
    return pageOf(this.#of(type).values(), question);
  }

  #of(type: string): Map<string, ActorSummary> {
    let byId = this.#byType.get(type);
    if (byId === undefined) this.#byType.set(type, (byId = new Map<string, ActorSummary>()));
    return byId;
  }
}

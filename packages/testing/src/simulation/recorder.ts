// What the hosts of a world have folded: to be held against the journal at the end.
import { addressKey, type ActorState, type Entry, type Fold, type Step } from '@pawl/core';

/** One fold of one host. */
export interface Folded {
  readonly host: string;
  readonly actor: string;
  readonly sequence: number;
  /** Broker timestamp of the entry: another journal has another one there. */
  readonly entryTime: number;
  readonly state: ActorState | undefined;
}

/** Notes every fold. */
export class Recorder {
  readonly folds: Folded[] = [];
  /** When an entry was folded first, ms. */
  readonly foldedAt: Map<number, number> = new Map();
  readonly #latest = new Map<string, Folded>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest states that any host has come to. */
  get latest(): Iterable<ActorState> {
    return [...this.#latest.values()].flatMap(({ state }) => (state === undefined ? [] : [state]));
  }

  /** A fold that is noted. */
  watch(host: string, fold: Fold): Fold {
    return (machine, state, entry) => {
      const step = fold(machine, state, entry);
      this.#note(host, entry, step);
      return step;
    };
  }

  #note(host: string, entry: Entry, { state }: Step): void {
    const { sequence, time } = entry;
    const actor = addressKey(entry);
    const folded: Folded = { host, actor, sequence, entryTime: time, state };
    this.folds.push(folded);
    if (!this.foldedAt.has(sequence)) this.foldedAt.set(sequence, this.#now());
    if (sequence >= (this.#latest.get(actor)?.sequence ?? 0)) this.#latest.set(actor, folded);
  }

  /** The journal has lost its end: what counts are the newest states that it still has. */
  restore(upTo: number): void {
    this.#latest.clear();
    for (const folded of this.folds)
      if (
        folded.sequence <= upTo &&
        folded.sequence >= (this.#latest.get(folded.actor)?.sequence ?? 0)
      )
        this.#latest.set(folded.actor, folded);
    for (const sequence of this.foldedAt.keys())
      if (sequence > upTo) this.foldedAt.delete(sequence);
  }
}

// The lanes of a relay and the rows of them that it holds.
import type { OutboxRow } from './outbox-row.ts';

/** One lane of this relay. */
interface Lane {
  /** Rows up to here may have been published before this relay had the lane. */
  readonly doubtUpTo: number;
  held: number;
  /** No more rows are read: another relay gets it. */
  isLeaving: boolean;
}

/** All lanes of one relay. */
export class LaneTable {
  readonly #lanes = new Map<number, Lane>();
  readonly #held = new Set<number>();

  /** Lanes that are not about to go. */
  get staying(): readonly number[] {
    return [...this.#lanes].filter(([, { isLeaving }]) => !isLeaving).map(([lane]) => lane);
  }

  get count(): number {
    return this.#lanes.size;
  }

  /** Rows that are read and not yet settled in the database. */
  get held(): number {
    return this.#held.size;
  }

  has(lane: number): boolean {
    return this.#lanes.has(lane);
  }

  add(lane: number, doubtUpTo: number): void {
    this.#lanes.set(lane, { doubtUpTo, held: 0, isLeaving: false });
  }

  leave(lane: number): void {
    const found = this.#lanes.get(lane);
    if (found !== undefined) found.isLeaving = true;
  }

  /** Takes lanes out that are to go and have nothing under way any more. */
  takeLeft(): readonly number[] {
    const left = [...this.#lanes].filter(([, { isLeaving, held }]) => isLeaving && held === 0);
    for (const [lane] of left) this.#lanes.delete(lane);
    return left.map(([lane]) => lane);
  }

  /** Holds a row; false when it is held already. */
  hold({ number, lane }: OutboxRow): boolean {
    const found = this.#lanes.get(lane);
    if (found === undefined || this.#held.has(number)) return false;
    this.#held.add(number);
    found.held += 1;
    return true;
  }

  drop({ number, lane }: OutboxRow): void {
    const found = this.#lanes.get(lane);
    if (this.#held.delete(number) && found !== undefined) found.held -= 1;
  }

  /** May the row be in the journal since before this relay had its lane? */
  isDoubtful({ number, lane }: OutboxRow): boolean {
    return number <= (this.#lanes.get(lane)?.doubtUpTo ?? Number.POSITIVE_INFINITY);
  }
}

// When a world was able to work: what is late counts only while somebody could have done it.

interface Change {
  readonly at: number;
  readonly isServed: boolean;
}

/** Notes since when the actors are served, and since when not. */
export class Health {
  readonly #changes: Change[] = [];
  readonly #troubles: number[] = [];

  note(at: number, isServed: boolean): void {
    this.#troubles.push(at);
    if (this.#changes.at(-1)?.isServed !== isServed) this.#changes.push({ at, isServed });
  }

  /** A message was lost or late, or something stopped or started to work. */
  noteTrouble(at: number): void {
    this.#troubles.push(at);
  }

  /** Was there any trouble between two times? */
  hasUnrest(from: number, to: number): boolean {
    return this.#troubles.some((at) => at >= from && at <= to);
  }

  /** The longest time without a break in which actors were served, between two times, ms. */
  servedWithin(from: number, to: number): number {
    let longest = 0;
    for (const [index, { at, isServed }] of this.#changes.entries()) {
      if (!isServed) continue;
      const end = this.#changes[index + 1]?.at ?? Infinity;
      longest = Math.max(longest, Math.min(to, end) - Math.max(from, at));
    }
    return longest;
  }
}

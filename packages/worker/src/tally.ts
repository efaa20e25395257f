// A count of what is under way, and a way to wait until nothing is.

/** Counts what has begun and not ended. */
export class Tally {
  #count = 0;
  #onNone: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) for (const resolve of this.#onNone.splice(0)) resolve();
  }

  /** Counts `work` until it ends. */
  track(work: Promise<void>, onFailure: (error: unknown) => void): void {
    this.begin();
    work.then(
      () => this.end(),
      (error: unknown) => {
        this.end();
        onFailure(error);
      },
    );
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#onNone.push(resolve));
  }
}

// The broker's memory of message ids: two minutes, as the streams of Pawl are set up.

/** `duplicate_window` of the journal and the command streams, ms. */
export const DEDUPE_WINDOW_MS = 120_000;

/** Message ids seen within the window, with the sequence each was stored at. */
export class DedupeWindow {
  readonly #seen = new Map<string, { readonly sequence: number; readonly at: number }>();

  /** Sequence of the earlier message with this id, if it is still remembered. */
  find(id: string, now: number): number | undefined {
    for (const [key, { at }] of this.#seen) {
      if (now - at < DEDUPE_WINDOW_MS) break;
      this.#seen.delete(key); // Oldest first: a hit does not refresh the window.
    }
    return this.#seen.get(id)?.sequence;
  }

  /** Forgets all, as a broker does that has lost its memory of ids. */
  forget(): void {
    this.#seen.clear();
  }

  add(id: string, sequence: number, now: number): void {
    this.#seen.set(id, { sequence, at: now });
  }
}

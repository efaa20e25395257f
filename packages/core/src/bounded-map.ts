// A map that forgets the longest unset entries: for what is only remembered to save work.

/** Entries dropped at a time: finding the oldest of a large Map after many deletes is slow. */
const DROPPED_SHARE = 8;

/** A Map of at most `sizeMax` entries. Setting a key makes it the newest. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#sizeMax) this.#dropOldest();
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #dropOldest(): void {
    let surplus = Math.max(Math.floor(this.#sizeMax / DROPPED_SHARE), 1);
    for (const key of this.#entries.keys()) {
      if (surplus === 0) return;
      this.#entries.delete(key);
      surplus -= 1;
    }
  }
}

// What waits for something, by a number that is given out: entries that come and go all the time.

const SIZE_FIRST = 64;

const emptyPlaces = <Item>(size: number): (Item | undefined)[] =>
  Array.from({ length: size }, () => undefined);

const noTokens = (size: number): number[] => Array.from({ length: size }, () => 0);

/**
 * A table for what is under way. Not a Map: V8 chains the tables that a Map outgrows, and each of
 * them holds on to what stood in it, so all that passes through would outlive young collections.
 */
export class TokenTable<Item> {
  #items: (Item | undefined)[] = emptyPlaces<Item>(SIZE_FIRST);
  #tokens: number[] = noTokens(SIZE_FIRST);
  #size = 0;
  #last = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts an item in; returns the number under which it stands. Numbers are never given twice. */
  add(item: Item): number {
    if (this.#size * 2 >= this.#items.length) this.#grow();
    const mask = this.#items.length - 1;
    // A place is skipped while something old still has it.
    do this.#last += 1;
    while (this.#items[this.#last & mask] !== undefined);
    const token = this.#last;
    this.#items[token & mask] = item;
    this.#tokens[token & mask] = token;
    this.#size += 1;
    return token;
  }

  get(token: number): Item | undefined {
    const place = token & (this.#items.length - 1);
    return this.#tokens[place] === token ? this.#items[place] : undefined;
  }

  /** Takes an item out; undefined when it is not there any more. */
  remove(token: number): Item | undefined {
    const item = this.get(token);
    if (item === undefined) return undefined;
    this.#items[token & (this.#items.length - 1)] = undefined;
    this.#size -= 1;
    return item;
  }

  /** What stands there now, the oldest first. */
  entries(): (readonly [token: number, item: Item])[] {
    const found: (readonly [number, Item])[] = [];
    for (const [place, item] of this.#items.entries())
      if (item !== undefined) found.push([this.#tokens[place] ?? 0, item]);
    return found.sort(([one], [other]) => one - other);
  }

  #grow(): void {
    const entries = this.entries();
    const size = this.#items.length * 2;
    this.#items = emptyPlaces<Item>(size);
    this.#tokens = noTokens(size);
    // Numbers that differ in the smaller table differ in the larger one.
    for (const [token, item] of entries) {
      this.#items[token & (size - 1)] = item;
      this.#tokens[token & (size - 1)] = token;
    }
  }
}

// A dictionary by names that come and go all the time.

/** A Map of few methods that holds on to nothing that has left it (see TokenTable). */
export class Dictionary<Value> {
  readonly #values: Record<string, Value> = Object.create(null) as Record<string, Value>;

  get(key: string): Value | undefined {
    return this.#values[key];
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  set(key: string, value: Value): void {
    this.#values[key] = value;
  }

  delete(key: string): void {
    delete this.#values[key];
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  values(): Value[] {
    return Object.values(this.#values);
  }
}

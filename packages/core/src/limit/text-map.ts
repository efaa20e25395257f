// A persistent map from text: by hash, with the few keys of one hash side by side.
import { fnv1a } from '../hash.ts';
import { NumberMap } from './number-map.ts';

type Bucket<Value> = readonly { readonly key: string; readonly value: Value }[];

const HASH_MAX = 0xffff_ffff;

/** A map from text whose changes make a new map and share the rest. In no order. */
export class TextMap<Value> {
  readonly size: number;
  readonly #buckets: NumberMap<Bucket<Value>>;

  private constructor(buckets: NumberMap<Bucket<Value>>, size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  /** An empty map. */
  static empty<Value>(): TextMap<Value> {
    return new TextMap<Value>(NumberMap.empty(HASH_MAX), 0);
  }

  get(key: string): Value | undefined {
    return this.#buckets.get(fnv1a(key))?.find((entry) => entry.key === key)?.value;
  }

  set(key: string, value: Value): TextMap<Value> {
    const hash = fnv1a(key);
    const bucket = this.#buckets.get(hash) ?? [];
    const others = bucket.filter((entry) => entry.key !== key);
    const size = this.size + (others.length === bucket.length ? 1 : 0);
    return new TextMap(this.#buckets.set(hash, [...others, { key, value }]), size);
  }

  delete(key: string): TextMap<Value> {
    const hash = fnv1a(key);
    const bucket = this.#buckets.get(hash) ?? [];
    const others = bucket.filter((entry) => entry.key !== key);
    if (others.length === bucket.length) return this;
    const buckets =
      others.length === 0 ? this.#buckets.delete(hash) : this.#buckets.set(hash, others);
    return new TextMap(buckets, this.size - 1);
  }

  /** All values. */
  *values(): Generator<Value, void, undefined> {
    for (const bucket of this.#buckets.values()) for (const { value } of bucket) yield value;
  }
}

// A persistent map from whole numbers, in order: a change makes a new map and shares the rest.

interface Leaf<Value> {
  readonly key: number;
  readonly value: Value;
}

/** `nodes` has one node for each bit of `bits`, in the order of the digits. */
interface Branch<Value> {
  readonly bits: number;
  readonly nodes: readonly Node<Value>[];
}

type Node<Value> = Leaf<Value> | Branch<Value>;

const DIGIT_BITS = 5;

/** Shift of the first of the digits that make up 53 bits. */
const TOP_SHIFT = 50;

const isBranch = <Value>(node: Node<Value>): node is Branch<Value> => 'nodes' in node;

/** A digit of base 32. Bit operations see 32 bits only, so the upper digits are divided out. */
const digitOf = (key: number, shift: number): number =>
  shift >= 30 ? (key / 2 ** shift) & 31 : (key >>> shift) & 31;

const countOf = (bits: number): number => {
  let left = bits - ((bits >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return (((left + (left >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
};

/** How many digits of the branch are smaller. */
const indexOf = (bits: number, bit: number): number => countOf(bits & (bit - 1));

/** Two leaves of different keys, below the digits that they share. */
const joined = <Value>(one: Leaf<Value>, other: Leaf<Value>, shift: number): Branch<Value> => {
  const first = digitOf(one.key, shift);
  const second = digitOf(other.key, shift);
  if (first === second)
    return { bits: 1 << first, nodes: [joined(one, other, shift - DIGIT_BITS)] };
  const nodes = first < second ? [one, other] : [other, one];
  return { bits: (1 << first) | (1 << second), nodes };
};

const withLeaf = <Value>(
  node: Node<Value> | undefined,
  leaf: Leaf<Value>,
  shift: number,
): Node<Value> => {
  if (node === undefined) return leaf;
  if (!isBranch(node)) return node.key === leaf.key ? leaf : joined(node, leaf, shift);
  const bit = 1 << digitOf(leaf.key, shift);
  const index = indexOf(node.bits, bit);
  const nodes = node.nodes.slice();
  if ((node.bits & bit) === 0) nodes.splice(index, 0, leaf);
  else nodes[index] = withLeaf(nodes[index], leaf, shift - DIGIT_BITS);
  return { bits: node.bits | bit, nodes };
};

/** Without the key, which must be there. A branch over a single leaf becomes that leaf. */
const withoutKey = <Value>(
  node: Node<Value>,
  key: number,
  shift: number,
): Node<Value> | undefined => {
  if (!isBranch(node)) return undefined;
  const bit = 1 << digitOf(key, shift);
  const index = indexOf(node.bits, bit);
  const below = node.nodes[index];
  const left = below && withoutKey(below, key, shift - DIGIT_BITS);
  const nodes = node.nodes.slice();
  if (left === undefined) nodes.splice(index, 1);
  else nodes[index] = left;
  const [only] = nodes;
  if (only === undefined || (nodes.length === 1 && !isBranch(only))) return only;
  return { bits: left === undefined ? node.bits & ~bit : node.bits, nodes };
};

function* leavesOf<Value>(node: Node<Value> | undefined): Generator<Leaf<Value>, void, undefined> {
  if (node === undefined) return;
  if (isBranch(node)) for (const below of node.nodes) yield* leavesOf(below);
  else yield node;
}

/**
 * A map from 0 … 2^53 - 1 whose changes cost a few small copies, whatever its size. A bitmapped
 * trie over the digits of base 32, the highest first: Bagwell, "Ideal Hash Trees" (2001).
 */
export class NumberMap<Value> {
  readonly size: number;
  readonly #root: Node<Value> | undefined;
  readonly #top: number;

  private constructor(root: Node<Value> | undefined, size: number, top: number) {
    this.#root = root;
    this.size = size;
    this.#top = top;
  }

  /** An empty map; keys need not be larger than `keyMax`. */
  static empty<Value>(keyMax: number = Number.MAX_SAFE_INTEGER): NumberMap<Value> {
    let top = TOP_SHIFT;
    while (top > 0 && 2 ** top > keyMax) top -= DIGIT_BITS;
    return new NumberMap<Value>(undefined, 0, top);
  }

  get(key: number): Value | undefined {
    let node = this.#root;
    for (let shift = this.#top; node !== undefined && isBranch(node); shift -= DIGIT_BITS) {
      const bit = 1 << digitOf(key, shift);
      node = (node.bits & bit) === 0 ? undefined : node.nodes[indexOf(node.bits, bit)];
    }
    return node?.key === key ? node.value : undefined;
  }

  set(key: number, value: Value): NumberMap<Value> {
    const isNew = this.get(key) === undefined;
    const root = withLeaf(this.#root, { key, value }, this.#top);
    return new NumberMap(root, this.size + (isNew ? 1 : 0), this.#top);
  }

  delete(key: number): NumberMap<Value> {
    if (this.#root === undefined || this.get(key) === undefined) return this;
    return new NumberMap(withoutKey(this.#root, key, this.#top), this.size - 1, this.#top);
  }

  /** Value of the smallest key. */
  get first(): Value | undefined {
    let node = this.#root;
    while (node !== undefined && isBranch(node)) node = node.nodes[0];
    return node?.value;
  }

  /** Value of the largest key. */
  get last(): Value | undefined {
    let node = this.#root;
    while (node !== undefined && isBranch(node)) node = node.nodes.at(-1);
    return node?.value;
  }

  /** Values in the order of their keys. */
  *values(): Generator<Value, void, undefined> {
    for (const { value } of leavesOf(this.#root)) yield value;
  }
}

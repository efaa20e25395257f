// JSON data: what memory, messages and snapshots hold alike. One walk makes a value so, or says why
// it cannot be.
import { PawlError } from './errors.ts';

/**
 * Deepest nesting of what goes over the wire. Encoders are recursive: near 1,000 levels they run
 * out of stack, and contexts wrap what they keep.
 */
export const DATA_DEPTH_MAX = 100;

/** Deepest nesting of a context: what arrived may stand somewhere inside. */
export const CONTEXT_DEPTH_MAX = 200;

/** JSON data and what was found on the way. */
export interface Plain {
  readonly value: unknown;
  /** About the length of the JSON text, in characters. */
  readonly size: number;
}

/** Writes an object that is no data, such as a reference to an actor; undefined: it cannot. */
export type SpecialWriter = (value: object) => Readonly<Record<string, unknown>> | undefined;

/** How a value is walked. */
export interface PlainOptions {
  readonly depthMax?: number;
  readonly writeSpecial?: SpecialWriter;
}

class Walk {
  size = 0;
  readonly path: string[] = [];
  readonly what: string;
  readonly depthMax: number;
  readonly writeSpecial: SpecialWriter | undefined;

  constructor(what: string, { depthMax = DATA_DEPTH_MAX, writeSpecial }: PlainOptions) {
    this.what = what;
    this.depthMax = depthMax;
    this.writeSpecial = writeSpecial;
  }

  fail(reason: string): never {
    const path = this.path.slice(0, 20).join('.');
    const where = path === '' ? this.what : `${this.what} at ${path}`;
    throw new PawlError('not-json-data', `${where}: ${reason}. Keep JSON data only.`, {
      details: { path },
    });
  }

  plain(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.size += value.length + 2;
        // Half of a surrogate pair has no bytes: a decoded copy would be another text.
        return value.isWellFormed() ? value : value.toWellFormed();
      case 'boolean':
        this.size += 5;
        return value;
      case 'number':
        this.size += 8;
        if (!Number.isFinite(value)) this.fail(`${value} is not a JSON number`);
        return value === 0 ? 0 : value; // JSON has no -0.
      case 'object':
        if (value === null) {
          this.size += 4;
          return value;
        }
        if (this.path.length >= this.depthMax)
          this.fail(`it is nested more than ${this.depthMax} levels deep, or contains itself`);
        return Array.isArray(value) ? this.array(value) : this.object(value);
      default:
        return this.fail(`a ${typeof value} is not JSON data`);
    }
  }

  array(items: readonly unknown[]): unknown {
    let copy: unknown[] | undefined;
    this.size += 2 + items.length;
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      this.path.push(String(index));
      const plain = this.plain(item);
      this.path.pop();
      if (copy === undefined && !Object.is(plain, item)) copy = items.slice(0, index);
      copy?.push(plain);
    }
    return copy ?? items;
  }

  object(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.special(value);
    if ('pawlAddress' in value) this.fail('an address is not data; keep its type and id');
    const source = value as Readonly<Record<string, unknown>>;
    // A hidden toString (see command-error.ts) is lost by encoding, so the copy must not have it.
    let copy: Record<string, unknown> | undefined = Object.hasOwn(value, 'toString')
      ? {}
      : undefined;
    const keys = Object.keys(source);
    this.size += 2;
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      // The second marks a reference in a stored context, so as data it would become one.
      if (key === '__proto__' || key === 'xstate$$type') this.fail(`the key ${key} is refused`);
      const item = source[key];
      this.size += key.length + 4;
      let plain: unknown;
      if (item !== undefined) {
        this.path.push(key);
        plain = this.plain(item);
        this.path.pop();
      }
      const isKept = item !== undefined && key.isWellFormed() && Object.is(plain, item);
      if (copy === undefined && !isKept) {
        copy = {};
        for (let before = 0; before < index; before += 1) {
          const earlier = keys[before] as string;
          copy[earlier] = source[earlier];
        }
      }
      if (copy !== undefined && item !== undefined) copy[key.toWellFormed()] = plain;
    }
    return copy ?? value;
  }

  special(value: object): unknown {
    const written = this.writeSpecial?.(value);
    if (written === undefined)
      return this.fail(`a ${value.constructor?.name ?? 'class instance'} is not JSON data`);
    this.size += JSON.stringify(written).length;
    return written;
  }
}

/**
 * JSON data: the same object where nothing has to change; a copy without `undefined`, with 0 for -0
 * and with whole characters where something has. Throws `not-json-data` with the path.
 */
export const toPlain = (value: unknown, what: string, options: PlainOptions = {}): Plain => {
  const walk = new Walk(what, options);
  const plain = walk.plain(value);
  return { value: plain, size: walk.size };
};

/** A copy of JSON data, as decoding its bytes would give it: no object of it is in two places. */
export const copyData = <Data>(data: Data): Data => {
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map(copyData) as Data;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(data)) copy[key] = copyData((data as Record<string, unknown>)[key]);
  return copy as Data;
};

/** Throws `not-json-data` with the path of the first value that would not survive encoding. */
export const checkJsonData = (value: unknown, what: string): void => {
  toPlain(value, what);
};

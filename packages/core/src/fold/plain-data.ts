// Makes values plain JSON data on their way into the state, and says how large they are.
import { PawlError } from '../errors.ts';
import { isActorRef, type RunningRef } from './actor-ref.ts';

/** Plain data and what was found on the way. */
export interface Plain {
  readonly value: unknown;
  /** About the length of the JSON text, in characters. */
  readonly size: number;
  /** Something was dropped or replaced that a decoded copy would not have. */
  readonly isChanged: boolean;
  /** References to actors were replaced by marks. */
  readonly hasRefs: boolean;
}

/** Writes a reference to an actor as data. */
export type RefWriter = (ref: RunningRef) => Readonly<Record<string, unknown>>;

class Walk {
  size = 0;
  isChanged = false;
  hasRefs = false;
  readonly path: string[] = [];
  readonly what: string;
  readonly writeRef: RefWriter | undefined;

  constructor(what: string, writeRef: RefWriter | undefined) {
    this.what = what;
    this.writeRef = writeRef;
  }

  fail(reason: string): never {
    const path = this.path.join('.');
    const where = path === '' ? this.what : `${this.what} at ${path}`;
    throw new PawlError('not-json-data', `${where}: ${reason}. Keep JSON data only.`, {
      details: { path },
    });
  }

  plain(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.size += value.length + 2;
        return value;
      case 'boolean':
        this.size += 5;
        return value;
      case 'number':
        this.size += 8;
        if (!Number.isFinite(value)) this.fail(`${value} is not a JSON number`);
        if (Object.is(value, -0)) this.fail('-0 becomes 0');
        return value;
      case 'object':
        if (value === null) {
          this.size += 4;
          return value;
        }
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
      if (copy === undefined && plain !== item) copy = items.slice(0, index);
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
    let copy: Record<string, unknown> | undefined;
    if (Object.hasOwn(value, 'toString')) {
      copy = {};
      this.isChanged = true;
    }
    const keys = Object.keys(source);
    this.size += 2;
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      if (key === '__proto__') this.fail('the key __proto__ is refused');
      const item = source[key];
      this.size += key.length + 4;
      let plain: unknown;
      if (item === undefined) this.isChanged = true;
      else {
        this.path.push(key);
        plain = this.plain(item);
        this.path.pop();
      }
      if (copy === undefined && (plain !== item || item === undefined)) {
        copy = {};
        for (let before = 0; before < index; before += 1) {
          const earlier = keys[before] as string;
          copy[earlier] = source[earlier];
        }
      }
      if (copy !== undefined && item !== undefined) copy[key] = plain;
    }
    return copy ?? value;
  }

  special(value: object): unknown {
    if (this.writeRef !== undefined && isActorRef(value)) {
      this.hasRefs = true;
      this.size += 32;
      return this.writeRef(value);
    }
    return this.fail(`a ${value.constructor?.name ?? 'class instance'} is not JSON data`);
  }
}

/**
 * Plain JSON data: the same object where nothing has to change, a copy without `undefined` where
 * something has. Throws `not-json-data` with the path.
 */
export const toPlain = (value: unknown, what: string, writeRef?: RefWriter): Plain => {
  const walk = new Walk(what, writeRef);
  const plain = walk.plain(value);
  return { value: plain, size: walk.size, isChanged: walk.isChanged, hasRefs: walk.hasRefs };
};

/** The same for a value that may be absent. */
export const toPlainOptional = (value: unknown, what: string): unknown =>
  value === undefined ? undefined : toPlain(value, what).value;

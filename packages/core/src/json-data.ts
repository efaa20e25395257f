// Is a value JSON data, so that memory, snapshots and replies all hold the same?
import { PawlError } from './errors.ts';

/** The first path that is not JSON data, and why; undefined when all is. */
export const findNonJson = (
  value: unknown,
  path: string = '',
): { readonly path: string; readonly reason: string } | undefined => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (!Number.isFinite(value)) return { path, reason: `${value} is not a JSON number` };
      return Object.is(value, -0) ? { path, reason: '-0 becomes 0' } : undefined;
    case 'object':
      return value === null ? undefined : findInObject(value, path);
    default:
      return { path, reason: `a ${typeof value} is not JSON data` };
  }
};

const findInObject = (value: object, path: string): ReturnType<typeof findNonJson> => {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = findNonJson(item, path === '' ? String(index) : `${path}.${index}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return { path, reason: `a ${value.constructor?.name ?? 'class instance'} is not JSON data` };
  for (const key in value) {
    if (key === '__proto__') return { path, reason: 'the key __proto__ is refused' };
    const item: unknown = (value as Record<string, unknown>)[key];
    if (item === undefined) continue; // Encoding drops it, and reading an absent key gives the same.
    const found = findNonJson(item, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Throws `not-json-data` with the path of the first value that would not survive encoding. */
export const checkJsonData = (value: unknown, what: string): void => {
  const found = findNonJson(value);
  if (found === undefined) return;
  const where = found.path === '' ? what : `${what} at ${found.path}`;
  throw new PawlError('not-json-data', `${where}: ${found.reason}.`, {
    details: { path: found.path },
  });
};

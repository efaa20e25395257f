// Scopes of limits: what they may be called, and the actor that keeps each.
import { createHash } from 'node:crypto';
import { PawlError } from '../errors.ts';
import type { ActorAddress } from '../names.ts';

/** Type of the actors that keep limits. */
export const LIMIT_TYPE = 'limit';

const SCOPE = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/;
const SCOPE_LENGTH_MAX = 256;
const ID_LENGTH_MAX = 128;
const DIGEST_LENGTH = 32;

/** Is this a scope: at most 256 characters, segments of `[A-Za-z0-9_-]` joined by `/`? */
export const isScope = (scope: unknown): scope is string =>
  typeof scope === 'string' && scope.length <= SCOPE_LENGTH_MAX && SCOPE.test(scope);

/** Throws `invalid-scope`. */
export const checkScope = (scope: unknown): void => {
  if (isScope(scope)) return;
  throw new PawlError(
    'invalid-scope',
    `${JSON.stringify(scope) ?? String(scope)} is no scope of a limit: use segments of A-Z, a-z, ` +
      `0-9, _ and - joined by /, at most ${SCOPE_LENGTH_MAX} characters, as in openstack/settings-7.`,
  );
};

/** Is this a number of permits that a limit can have: a whole number from 1 on? */
export const isCapacity = (capacity: unknown): capacity is number =>
  Number.isSafeInteger(capacity) && (capacity as number) >= 1;

/** Throws `invalid-capacity`. */
export const checkCapacity = (capacity: unknown, what: string): void => {
  if (isCapacity(capacity)) return;
  throw new PawlError(
    'invalid-capacity',
    `${what} is ${JSON.stringify(capacity) ?? String(capacity)}; it must be a whole number from 1 on.`,
  );
};

/**
 * Id of the actor that keeps a scope: `/` becomes `_-` and `_` becomes `__`, so that no two scopes
 * share one. What would be too long ends with `_x` and a digest instead.
 */
export const limitIdOf = (scope: string): string => {
  const id = scope.replaceAll('_', '__').replaceAll('/', '_-');
  if (id.length <= ID_LENGTH_MAX) return id;
  const digest = createHash('sha256').update(scope).digest('hex').slice(0, DIGEST_LENGTH);
  const kept = id.slice(0, ID_LENGTH_MAX - DIGEST_LENGTH - 2);
  // Not cut between the two characters that stand for one.
  const isCut = (kept.length - kept.replace(/_+$/, '').length) % 2 === 1;
  return `${isCut ? kept.slice(0, -1) : kept}_x${digest}`;
};

const ESCAPED: Readonly<Record<string, string>> = { _: '_', '-': '/' };

/** The scope that an id stands for; undefined where a digest stands for a part of it. */
export const scopeOfLimit = (id: string): string | undefined => {
  const scope = id.replaceAll(/_(.?)/g, (_all, escaped: string) => ESCAPED[escaped] ?? ' ');
  return isScope(scope) ? scope : undefined;
};

/** The actor that keeps the limit of a scope. */
export const limitAddress = (scope: string): ActorAddress => ({
  type: LIMIT_TYPE,
  id: limitIdOf(scope),
});

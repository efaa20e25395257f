// Reads a stored entry: the kind from its subject, the body by kind.
import { decodeBody } from '../codec.ts';
import { checkQueueClass } from '../command.ts';
import type { Body, Entry, EntryKind, StoredEntry } from '../entry.ts';
import { PawlError } from '../errors.ts';
import { HEADER } from '../headers.ts';
import { toPlain } from '../json-data.ts';
import { addressKey, checkAddress, isActorId, isActorType } from '../names.ts';
import { isCapacity } from '../limit/scope.ts';
import { parseKind } from '../subjects.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isMap = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const has = (value: unknown, fields: Readonly<Record<string, Check>>): boolean =>
  isMap(value) && Object.entries(fields).every(([field, check]) => check(value[field]));

const isAddress: Check = (value) =>
  isMap(value) &&
  typeof value['type'] === 'string' &&
  typeof value['id'] === 'string' &&
  isActorType(value['type']) &&
  isActorId(value['id']);

const isError: Check = (value) =>
  has(value, { code: isText, message: (text) => typeof text === 'string' });
const isEvent: Check = (value) => has(value, { type: isText });

const REPLY_ENDS: Readonly<Record<string, Check>> = {
  done: () => true,
  failed: (body) => isMap(body) && isError(body['error']),
  cancelled: () => true,
};

const HOST_TYPES: Readonly<Record<string, Check>> = {
  born: (body) => has(body, { version: isText }),
  expired: (body) => has(body, { path: isText, generation: isText }),
  'child-failed': (body) => has(body, { path: isText, generation: isText, error: isError }),
  faulted: (body) => has(body, { sequence: isCount, error: isError }),
};

const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isAny: Check = () => true;

const isHeld: Check = (value) =>
  has(value, { what: isText, name: isText, generation: isText, child: isOptional(isAddress) });

/** Orders of operators. */
const ORDERS: Readonly<Record<string, Check>> = {
  retry: (body) => has(body, { path: isOptional(isText) }),
  inject: (body) =>
    has(body, { event: isEvent }) ||
    has(body, { timer: isText }) ||
    has(body, { path: isText, outcome: (outcome) => outcome === 'done' }) ||
    has(body, { path: isText, outcome: (outcome) => outcome === 'failed', error: isError }),
  pause: isAny,
  resume: isAny,
  'fold-again': (body) =>
    has(body, {
      version: isText,
      bornAt: isOptional(isCount),
      held: isOptional((list) => Array.isArray(list) && list.every(isHeld)),
    }),
  'set-state': (body) =>
    has(body, { value: (value) => isText(value) || isMap(value), context: isOptional(isMap) }),
  unlink: isAny,
  'set-capacity': (body) => has(body, { capacity: isOptional(isCapacity) }),
  'release-permit': (body) =>
    has(body, { holder: isAddress, path: isOptional(isText), generation: isOptional(isText) }),
  discard: (body) => has(body, { letter: isText }),
};

/** Signals of the runtime, by type; their fields are read without further checks. */
const SIGNALS: Readonly<Record<string, Check>> = {
  'pawl.stop': (event) => isMap(event) && isParent(event['parent']),
  'pawl.child-done': (event) => has(event, { path: isText, generation: isText }),
  'pawl.child-failed': (event) => has(event, { path: isText, generation: isText, error: isError }),
  'pawl.acquire': (event) =>
    has(event, { ...PERMIT, max: isCapacity, parents: isOptional(isAddresses) }),
  'pawl.release': (event) => has(event, PERMIT),
  'pawl.granted': (event) => has(event, PERMIT),
  'pawl.queued': (event) => has(event, { ...PERMIT, behind: isOptional(isAddress) }),
};

const isAddresses: Check = (value) => Array.isArray(value) && value.every(isAddress);
const PERMIT = { scope: isText, path: isText, generation: isText };

const isParent: Check = (value) =>
  isAddress(value) &&
  has(value, { path: isText, generation: isText, ancestors: isOptional(isAddresses) });

const checkIn = (table: Readonly<Record<string, Check>>, key: unknown, value: unknown): boolean =>
  typeof key === 'string' && Object.hasOwn(table, key) && (table[key]?.(value) ?? false);

const isPeerEvent: Check = (value) =>
  isEvent(value) &&
  isMap(value) &&
  (Object.hasOwn(SIGNALS, String(value['type'])) ? checkIn(SIGNALS, value['type'], value) : true);

/** By kind: is the body right, and what it needs, in words. */
const BODIES: Readonly<
  Record<EntryKind, { readonly check: (body: Body) => boolean; readonly needs: string }>
> = {
  create: {
    check: ({ parent }) => parent === undefined,
    needs: '{ input? }; only a host can say who the parent is, with a child entry',
  },
  event: { check: isEvent, needs: '{ type: string, …fields }' },
  reply: {
    check: (body) =>
      has(body, { task: isText, path: isText, generation: isText }) &&
      checkIn(REPLY_ENDS, body['outcome'], body),
    needs: '{ task, path, generation, outcome: done | failed { error } | cancelled }',
  },
  peer: {
    check: ({ from, event }) =>
      isAddress(from) && has(from, { sequence: isCount, n: isCount }) && isPeerEvent(event),
    needs: '{ from: { type, id, sequence, n }, event: { type, … } }',
  },
  host: {
    check: (body) => checkIn(HOST_TYPES, body['type'], body),
    needs: `{ type, … } with a type of ${Object.keys(HOST_TYPES).join(', ')} and its fields`,
  },
  admin: {
    check: (body) => has(body, { by: isText }) && checkIn(ORDERS, body['type'], body),
    needs: `{ type, by, why?, … } with a type of ${Object.keys(ORDERS).join(', ')} and its fields`,
  },
  timer: {
    check: (body) => has(body, { key: isText, generation: isText }),
    needs: '{ key, generation }',
  },
};

/** A create by a host: it names the parent. */
const CHILD: (typeof BODIES)[EntryKind] = {
  check: ({ parent }) => isParent(parent),
  needs: '{ input?, parent: { type, id, path, generation, ancestors? } }',
};

/**
 * Reads an entry. Throws `invalid-type`, `invalid-id`, `unknown-kind`, `forged-timer` (a timer that
 * the timer stream did not source), `unknown-class`, `invalid-body`, `forbidden-key`,
 * `not-json-data`, or `invalid-entry` when a field of the kind is missing.
 */
export const readEntry = (stored: StoredEntry): Entry => {
  const { type, id, sequence, time, kindToken, headers } = stored;
  checkAddress(stored);
  const parsed = parseKind(kindToken);
  if (parsed === undefined)
    throw new PawlError(
      'unknown-kind',
      `Entry ${sequence} for ${addressKey(stored)} has kind ${JSON.stringify(kindToken)}; known are ` +
        `${Object.keys(BODIES).join(', ')} and reply-<service>.`,
    );
  const { kind, service } = parsed;
  if (kind === 'timer' && headers[HEADER.streamSource] === undefined)
    throw new PawlError(
      'forged-timer',
      `Entry ${sequence} for ${addressKey(stored)} says that a timer fired, but the timer stream did ` +
        'not send it.',
    );
  const queueClass = headers[HEADER.class];
  if (queueClass !== undefined)
    checkQueueClass(`Entry ${sequence} for ${addressKey(stored)}`, queueClass);
  const what = `Entry ${sequence} for ${addressKey(stored)}`;
  const body = toPlain(decodeBody(stored.body), what).value as Body;
  const { check, needs } = kindToken === 'child' ? CHILD : BODIES[kind];
  if (!check(body))
    throw new PawlError('invalid-entry', `${what} is no ${kindToken}: its body must be ${needs}.`);
  return {
    type,
    id,
    sequence,
    time,
    kind,
    ...(service !== undefined && { service }),
    headers,
    body,
  };
};

// The form of a failure rule, in process and as JSON, and its check.
import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { OPERATIONS } from './operations.ts';
import type { Operation } from './operations.ts';

/** How a call fails. */
export type Failure =
  /** Answers with this status; with `applied`, only after the call had its effect. */
  | { kind: 'answer'; status: number; message?: string; retryAfterS?: number; applied?: boolean }
  /** Cuts the connection without an answer; with `applied`, only after the call had its effect. */
  | { kind: 'disconnect'; applied?: boolean }
  /** Accepts the call; the resource ends in ERROR, error or error_deleting. */
  | { kind: 'error-state'; code?: number; message?: string }
  /** Carries the call out later. */
  | { kind: 'delay'; delayMs: number };

/** Which calls fail, and how. A condition that is left out holds for every call. */
export interface FailureRule {
  operation?: Operation;
  /** HTTP method, upper case. */
  method?: string;
  /** Source of a regular expression that the name of the resource must match. */
  name?: string;
  /** Only the n-th call that meets the conditions, counted from 1. */
  nth?: number;
  /** At most so many calls. */
  times?: number;
  /** Share of the calls that meet the conditions, 0 to 1, by the seed. */
  rate?: number;
  failure: Failure;
}

/** The operations after which a resource can end in an error. */
const CAN_END_IN_ERROR: readonly (string | undefined)[] = [
  'create-server',
  'delete-server',
  'create-volume',
  'delete-volume',
  'force-delete-volume',
];

type Check = readonly [holds: (value: unknown) => boolean, must: string];

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;
const isString: Check = [(value) => typeof value === 'string', 'be a string'];
const isBoolean: Check = [(value) => typeof value === 'boolean', 'be true or false'];
const isStatus: Check = [
  (value) => Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599,
  'be an HTTP status from 400 to 599',
];
const isDuration: Check = [
  (value) => Number.isFinite(value) && Number(value) >= 0,
  'be a number of at least 0',
];

const isPattern = (value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  try {
    return new RegExp(value) instanceof RegExp;
  } catch {
    return false; // Not a regular expression: that is the answer, and the caller says so.
  }
};

const RULE_FIELDS: Readonly<Record<string, Check>> = {
  operation: [
    (value) => OPERATIONS.some((name) => name === value),
    `be one of ${OPERATIONS.join(', ')}`,
  ],
  method: [
    (value) => typeof value === 'string' && /^[A-Z]+$/.test(value),
    'be an HTTP method in upper case',
  ],
  name: [isPattern, 'be the source of a regular expression'],
  nth: [isCount, 'be a whole number of at least 1'],
  times: [isCount, 'be a whole number of at least 1'],
  rate: [(value) => Number(value) >= 0 && Number(value) <= 1, 'be between 0 and 1'],
  failure: [isObject, 'be an object with a kind'],
};

const FAILURE_FIELDS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  answer: {
    status: isStatus,
    message: isString,
    retryAfterS: isDuration,
    applied: isBoolean,
  },
  disconnect: { applied: isBoolean },
  'error-state': { code: isStatus, message: isString },
  delay: { delayMs: isDuration },
};

const checkFields = (
  at: string,
  source: JsonObject,
  fields: Readonly<Record<string, Check>>,
  required: readonly string[],
): void => {
  for (const name of required)
    if (source[name] === undefined) throw new TypeError(`${at}${name} is missing`);
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!check)
      throw new TypeError(`${at}${name} is unknown: use ${Object.keys(fields).join(', ')}`);
    const [holds, must] = check;
    if (!holds(value))
      throw new TypeError(`${at}${name} is ${JSON.stringify(value)}: it must ${must}`);
  }
};

const isRule = (source: JsonObject): source is JsonObject & FailureRule => {
  checkFields('', source, RULE_FIELDS, ['failure']);
  const failure = isObject(source['failure']) ? source['failure'] : {};
  const { kind, ...fields } = failure;
  const known = Object.keys(FAILURE_FIELDS);
  if (typeof kind !== 'string' || !known.includes(kind))
    throw new TypeError(
      `failure.kind is ${JSON.stringify(kind)}: it must be one of ${known.join(', ')}`,
    );
  const required = { answer: ['status'], delay: ['delayMs'] }[kind] ?? [];
  checkFields('failure.', fields, FAILURE_FIELDS[kind] ?? {}, required);
  const operation = typeof source['operation'] === 'string' ? source['operation'] : undefined;
  if (kind === 'error-state' && !CAN_END_IN_ERROR.includes(operation))
    throw new TypeError(
      `operation is ${operation ?? 'missing'}: failure.kind error-state needs one of ` +
        CAN_END_IN_ERROR.join(', '),
    );
  return true;
};

/**
 * Checks a rule that comes from code or from JSON.
 * @throws TypeError that names the field, its value and what it must be.
 */
export const parseFailureRule = (value: unknown): FailureRule => {
  if (isObject(value) && isRule(value)) return value;
  throw new TypeError(`a failure rule must be an object, not ${JSON.stringify(value)}`);
};

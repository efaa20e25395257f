// Schemas of the built-in type `schedule`: a definition may come from whoever creates actors.
import type { Schema } from '../schema.ts';
import type { MachineSchemas } from '../schemas-of.ts';
import { OVERLAPS, type ScheduleInput } from './definition.ts';

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isTime: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value);
const isSpan: Check = (value) => isTime(value) && (value as number) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const has =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const oneOf =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const is =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);

const isContract = has({
  name: isText,
  service: isText,
  retry: isRecord,
  timeoutMs: isTime,
  deadlineMs: isTime,
  encoding: is('msgpack', 'json'),
});

const isTarget = oneOf(
  has({ kind: is('command'), contract: isContract, key: optional(isText) }),
  has({ kind: is('actor'), type: isText, idPrefix: isText }),
  has({
    kind: is('fan-out'),
    type: isText,
    states: optional((list) => Array.isArray(list) && list.every(isText)),
    event: has({ type: isText }),
  }),
);

const isDefinition = has({
  timing: oneOf(
    has({ cron: isText, timeZone: isText }),
    has({ everyMs: (value) => isSpan(value) && (value as number) >= 1000 }),
  ),
  target: isTarget,
  overlap: is(...OVERLAPS),
  catchUp: oneOf(is('latest'), isSpan),
  backoff: optional(has({ firstMs: isSpan, maxMs: isSpan })),
});

const DECLARED: Fields = { definition: isDefinition, service: isText, digest: isText };

/** Checks field by field; the rest of the object is dropped by nobody. */
const shape = <Data>(fields: Fields, words: string): Schema<Data> => ({
  '~standard': {
    version: 1,
    vendor: 'pawl',
    validate: (value) => {
      const wrong = Object.entries(fields).filter(
        ([name, check]) => !isRecord(value) || !check(value[name]),
      );
      return wrong.length === 0
        ? { value: value as Data }
        : { issues: wrong.map(([name]) => ({ path: [name], message: `must be ${words}` })) };
    },
  },
});

const declared = shape<ScheduleInput>(
  DECLARED,
  'as schedule() makes it: declare schedules in code, with startHost({ schedules })',
);
const nothing = shape<object>({}, 'empty');

/** Input and events. */
export const scheduleSchemas: MachineSchemas = {
  input: declared,
  events: {
    DECLARE: declared,
    RUN: nothing,
    PAUSE: nothing,
    RESUME: nothing,
    BACKFILL: shape<{ readonly from: number; readonly to: number }>(
      { from: isTime, to: isTime },
      'a time in ms since 1970',
    ),
    REMOVE: nothing,
  },
};

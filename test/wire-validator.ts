// Validates what is seen on the wire against the files in schemas/: which one, the subject tells.
import { readFileSync, readdirSync } from 'node:fs';
import { decodeBody, parseKind } from '@pawl/core';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

const FOLDER = new URL('../schemas/', import.meta.url);

/** A schema file, as far as the tests look into it. */
export interface WireSchema {
  readonly $id: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

/** All schema files by name, without `.json`. */
export const wireSchemas: ReadonlyMap<string, WireSchema> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json') && file !== 'package.json')
    .map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as WireSchema,
    ]),
);

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
for (const schema of wireSchemas.values()) ajv.addSchema(schema);

const textOf = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;

/** What is wrong with data by a schema of that name; empty when nothing is. */
export const schemaFaults = (name: string, data: unknown): readonly string[] => {
  const check = ajv.getSchema(`${name}.json`);
  if (check === undefined) return [`there is no schema ${name}`];
  return check(data) === true ? [] : (check.errors ?? []).map(textOf);
};

const ENTRY_SUBJECTS: Readonly<Record<string, number>> = { in: 1, journal: 4, live: 3 };

const SCHEMA_OF_SUBJECT: Readonly<Record<string, string>> = {
  timer: 'entry-timer',
  fired: 'entry-timer',
  command: 'command',
  cancel: 'cancel',
  emitted: 'emitted',
  state: 'state-notice',
  answer: 'answer',
  host: 'heartbeat',
  worker: 'worker-beat',
  query: 'question',
  list: 'list-question',
  pending: 'pending-question',
  progress: 'progress',
  'dead-letter': 'dead-letter',
};

/** Name of the schema for a body on this subject; undefined when it is none of Pawl's. */
export const schemaNameOf = (subject: string, prefix: string = 'pawl'): string | undefined => {
  if (!subject.startsWith(`${prefix}.`)) return undefined;
  const tokens = subject.slice(prefix.length + 1).split('.');
  const [what = ''] = tokens;
  const kindAt = ENTRY_SUBJECTS[what];
  if (kindAt === undefined) return SCHEMA_OF_SUBJECT[what];
  const token = tokens[kindAt] ?? '';
  const kind = token === 'child' ? token : parseKind(token)?.kind;
  return kind && `entry-${kind}`;
};

/**
 * Throws when the body does not match the schema of its subject. An empty body on a timer's
 * subject is a disarm; subjects that are not Pawl's are an error of the caller.
 */
export const validateWire = (subject: string, bytes: Uint8Array, prefix: string = 'pawl'): void => {
  const name = schemaNameOf(subject, prefix);
  if (name === undefined) throw new Error(`${subject} is no subject of Pawl.`);
  if (bytes.length === 0 && name === 'entry-timer') return;
  validateBody(name, bytes, subject);
  const inner = innerOf(subject.slice(prefix.length + 1).split('.'), name, decodeBody(bytes));
  if (inner === undefined) return;
  const faults = schemaFaults(inner.name, inner.data);
  if (faults.length > 0) throw new Error(`${subject} against ${inner.name}: ${faults.join('; ')}`);
};

/** What a built-in type takes has a schema of its own. */
const innerOf = (
  [place = '', ...tokens]: readonly string[],
  name: string,
  body: Readonly<Record<string, unknown>>,
): { readonly name: string; readonly data: unknown } | undefined => {
  const type = tokens[place === 'live' ? 0 : 1];
  if (name === 'entry-create' && (type === 'schedule' || type === 'job'))
    return { name: `${type}-input`, data: body['input'] };
  if (name === 'entry-event' && type === 'schedule') return { name: 'schedule-event', data: body };
  if (name !== 'entry-peer') return undefined;
  const event = body['event'] as { readonly type: string };
  const isOfLimit = /^pawl\.(acquire|release|granted|queued)$/.test(event.type);
  return isOfLimit ? { name: 'limit-event', data: event } : undefined;
};

/** Throws when a body, for instance of a reply, does not match the schema of that name. */
export const validateBody = (name: string, bytes: Uint8Array, what: string = name): void => {
  const body = decodeBody(bytes);
  const faults = schemaFaults(name, body);
  if (faults.length > 0)
    throw new Error(`${what} against ${name}: ${faults.join('; ')} in ${JSON.stringify(body)}`);
};

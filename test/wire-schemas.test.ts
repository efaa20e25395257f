// The files in schemas/ describe the wire: they compile, their examples hold, and core agrees.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaFaults, schemaNameOf, validateWire, wireSchemas } from './wire-validator.ts';

const test = suite('wire schemas');

test('each file is draft 2020-12, titled, described and named after itself', () => {
  assert.ok(wireSchemas.size >= 33);
  for (const [name, schema] of wireSchemas) {
    assert.is(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema', name);
    assert.is(schema.$id, `${name}.json`);
    assert.ok((schema.title ?? '').length > 0, name);
    assert.ok((schema.description ?? '').length > 20, name);
  }
});

test('numbers say what they count: times and spans have a unit', () => {
  const faults: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
    const { type, description = '' } = node as { type?: unknown; description?: string };
    if (type !== 'integer') return;
    if (description === '') faults.push(`${path} is not described`);
    const isTime = /(Ms|At|time|since|until|entryTime)$/.test(path) && !path.endsWith('bornAt');
    if (isTime && !/\bms\b/.test(description)) faults.push(`${path} has no unit`);
  };
  for (const [name, schema] of wireSchemas) visit(schema, name);
  assert.equal(faults, []);
});

for (const [name, { examples = [] }] of wireSchemas)
  if (name !== 'parts')
    test(`the examples of ${name} match it`, () => {
      assert.ok(examples.length > 0, 'it has no example');
      for (const example of examples) assert.equal(schemaFaults(name, example), []);
    });

test('a schema refuses what is missing, mistyped or unknown', () => {
  for (const [name, { examples = [] }] of wireSchemas) {
    const [example] = examples as readonly Record<string, unknown>[];
    if (example === undefined) continue;
    assert.ok(schemaFaults(name, [example]).length > 0, `${name} takes an array`);
    const isOpen = ['entry-event', 'entry-admin', 'emitted'].includes(name);
    if (!isOpen) assert.ok(schemaFaults(name, { ...example, zz: 1 }).length > 0, name);
    for (const field of isOpen ? ['type'] : Object.keys(example)) {
      if (typeof example[field] !== 'string' || ['version', 'body'].includes(field)) continue;
      assert.ok(schemaFaults(name, { ...example, [field]: [] }).length > 0, `${name}.${field}`);
    }
  }
});

test('the subject tells the schema, under any prefix', () => {
  const cases: [string, string | undefined][] = [
    ['pawl.in.event.volume.vol-1', 'entry-event'],
    ['pawl.in.reply-storage.volume.vol-1', 'entry-reply'],
    ['pawl.journal.3.volume.vol-1.timer', 'entry-timer'],
    ['pawl.live.volume.vol-1.create', 'entry-create'],
    ['pawl.command.heavy.storage.create-volume.volume.vol-1.12-0-k3v9x1q7', 'command'],
    ['pawl.state.volume.vol-1', 'state-notice'],
    ['pawl.in.nonsense.volume.vol-1', undefined],
    ['other.in.event.volume.vol-1', undefined],
  ];
  for (const [subject, name] of cases) assert.is(schemaNameOf(subject), name, subject);
  assert.is(schemaNameOf('team.a.in.event.volume.vol-1', 'team.a'), 'entry-event');
});

test('a body is validated by its subject', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  validateWire('pawl.in.event.volume.vol-1', bytes('{"type":"DELETE"}'));
  validateWire('pawl.timer.volume.vol-1.12-0-k3v9x1q7', bytes(''));
  assert.throws(() => validateWire('pawl.in.event.volume.vol-1', bytes('{"kind":"x"}')), /type/);
  assert.throws(() => validateWire('some.thing', bytes('{}')), /no subject/);
});

test.run();

// Reading entries: kinds, bodies by kind, and what is refused with which code.
import { encodeBody, encodeJson, HEADER, PawlError, readEntry, type Entry } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const read = (kindToken: string, body: Uint8Array, headers: Entry['headers'] = {}): Entry =>
  readEntry({ type: 'thing', id: 't-1', sequence: 7, time: 1, kindToken, headers, body });

const codeOf = (kindToken: string, body: Uint8Array): string => {
  try {
    read(kindToken, body);
    return 'read';
  } catch (error) {
    assert.instance(error, PawlError);
    const { code, message } = error as PawlError;
    if (!code.endsWith('body') && code !== 'forbidden-key') assert.match(message, 'thing/t-1');
    return code;
  }
};

const error = { code: 'x', message: 'y' };
const link = { type: 'order', id: 'o-1', path: 'child', generation: '1-0-a' };
const from = { type: 'order', id: 'o-1', sequence: 1, n: 0 };
const named = { task: 't', path: 'p', generation: '1-0-a' };

const GOOD: readonly (readonly [string, object])[] = [
  ['create', {}],
  ['create', { input: 1 }],
  ['child', { input: 1, parent: link }],
  ['event', { type: 'GO', any: [1] }],
  ['reply-storage', { ...named, outcome: 'done' }],
  ['reply-storage', { ...named, outcome: 'failed', error }],
  ['reply-storage', { ...named, outcome: 'cancelled' }],
  ['peer', { from, event: { type: 'GO' } }],
  ['peer', { from, event: { type: 'pawl.stop', parent: link } }],
  ['host', { type: 'born', version: '1' }],
  ['host', { type: 'expired', path: 'p', generation: '1-0-a' }],
  ['host', { type: 'faulted', sequence: 3, error }],
];

const BAD: readonly (readonly [string, object])[] = [
  ['create', { parent: link }],
  ['child', {}],
  ['child', { parent: { ...link, id: 'a b' } }],
  ['event', {}],
  ['event', { type: 7 }],
  ['reply-storage', { ...named, outcome: 'maybe' }],
  ['reply-storage', { ...named, outcome: 'failed' }],
  ['reply-storage', { task: 't', outcome: 'done' }],
  ['peer', { event: { type: 'GO' } }],
  ['peer', { from: { ...from, n: -1 }, event: { type: 'GO' } }],
  ['peer', { from, event: { type: 'pawl.stop' } }],
  ['host', { type: 'constructor' }],
  ['host', { type: 'expired', path: 'p' }],
];

const test = suite('reading entries');

test('bodies of every kind, as JSON and as MessagePack', () => {
  for (const [kind, body] of GOOD)
    for (const encode of [encodeJson, encodeBody])
      assert.equal(read(kind, encode(body)).body, body);
});

test('a reply carries the service of its subject', () => {
  const { kind, service } = read('reply-storage', encodeJson({ ...named, outcome: 'done' }));
  assert.equal([kind, service], ['reply', 'storage']);
});

test('a body that lacks what its kind needs', () => {
  for (const [kind, body] of BAD)
    assert.is(codeOf(kind, encodeJson(body)), 'invalid-entry', JSON.stringify(body));
});

test('a refused host entry is told every type that there is', () => {
  const types = ['born', 'expired', 'child-failed', 'faulted'];
  for (const type of types)
    assert.throws(() => read('host', encodeJson({ type: 'other' })), new RegExp(`\\b${type}\\b`));
});

test('what is no body, and what no body may have', () => {
  const text = new TextEncoder();
  assert.is(codeOf('event', text.encode('hello')), 'invalid-body');
  assert.is(codeOf('event', text.encode('{"type":')), 'invalid-body');
  assert.is(codeOf('event', encodeBody([1])), 'invalid-body');
  assert.is(codeOf('event', new Uint8Array()), 'invalid-body');
  assert.is(codeOf('event', text.encode('{"type":"A","x":{"__proto__":{}}}')), 'forbidden-key');
});

test('the key __proto__ is refused however it is written; as a text it is data', () => {
  const text = new TextEncoder();
  const escaped = '{"type":"A","x":[{"__pr\\u006fto__":1}]}';
  assert.is(codeOf('event', text.encode(escaped)), 'forbidden-key');
  const key = JSON.parse('{"type":"A","x":[{"__proto__":1}]}') as object;
  assert.is(codeOf('event', encodeBody(key)), 'forbidden-key');
  const body = { type: 'A', name: '__proto__', more: ['about __proto__ here', 'caf\u00e9'] };
  for (const encode of [encodeJson, encodeBody])
    assert.equal(read('event', encode(body)).body, body);
});

test('what is no JSON data is refused, and says where', () => {
  const text = new TextEncoder();
  const codes = [
    text.encode('{"type":"A","n":1e400}'),
    encodeBody({ type: 'A', at: new Date(0) }),
    encodeBody({ type: 'A', n: Number.NaN }),
    encodeBody({ type: 'A', bytes: new Uint8Array([1, 2]) }),
    encodeBody({ type: 'A', list: [undefined] }),
    text.encode(`{"type":"A","deep":${'['.repeat(5000)}${']'.repeat(5000)}}`),
  ].map((body) => codeOf('event', body));
  assert.equal(new Set(codes), new Set(['not-json-data']), codes.join());
});

test('-0 becomes 0, and half of a surrogate pair becomes a whole character', () => {
  const { body } = read('event', new TextEncoder().encode('{"type":"A","n":-0,"t":"\\ud83d!"}'));
  assert.ok(Object.is(body['n'], 0));
  assert.is(body['t'], '\uFFFD!');
});

test('data nested as deep as may be is read', () => {
  const deep = `{"type":"A","deep":${'['.repeat(99)}${']'.repeat(99)}}`;
  assert.is(codeOf('event', new TextEncoder().encode(deep)), 'read');
  const deeper = `{"type":"A","deep":${'['.repeat(100)}${']'.repeat(100)}}`;
  assert.is(codeOf('event', new TextEncoder().encode(deeper)), 'not-json-data');
});

test('white space and a byte order mark before the body do no harm', () => {
  const body = new TextEncoder().encode('\uFEFF \n{"type":"GO"}');
  assert.equal(read('event', body).body, { type: 'GO' });
});

test('kinds that do not exist', () => {
  for (const kind of ['events', 'reply', 'Event', ''])
    assert.is(codeOf(kind, encodeJson({ type: 'GO' })), 'unknown-kind');
});

test('a timer counts only when the timer stream sent it', () => {
  const body = encodeJson({ key: '#x', generation: '1-0-a' });
  assert.is(codeOf('timer', body), 'forged-timer');
  const headers = { [HEADER.streamSource]: 'PAWL_TIMERS 1' };
  assert.equal(read('timer', body, headers).body, { key: '#x', generation: '1-0-a' });
});

test.run();

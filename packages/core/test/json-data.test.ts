// Data of clients, tasks and machines: harmless, or refused where it is read; never unreadable.
import {
  checkJsonData,
  decodeBody,
  decodeState,
  encodeBody,
  encodeJson,
  encodeState,
  fold,
  historyEntryOf,
  PawlError,
  readEntry,
  registerMachine,
  replayJournal,
  type ActorState,
  type StoredEntry,
} from '@pawl/core';
import { Packr } from 'msgpackr';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, emit, raise, setup } from 'xstate';
import { only, present, wordsOf, World } from './fold-world.ts';

const text = (json: string): Uint8Array => Buffer.from(json);
/** All that msgpackr can write. */
const wild = new Packr({ useRecords: false, structuredClone: true, moreTypes: true });

const stored = (body: Uint8Array, kindToken: string = 'event'): StoredEntry => ({
  ...{ type: 'thing', id: 't-1', sequence: 2, time: 1, kindToken, headers: {}, body },
});

const codeOf = (body: Uint8Array): string => {
  try {
    readEntry(stored(body));
    return 'read';
  } catch (error) {
    return error instanceof PawlError ? error.code : String(error);
  }
};

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const eventWith = (json: string): Uint8Array => text(`{"type":"KEEP","data":${json}}`);

const cycle: Record<string, unknown> = { type: 'KEEP' };
cycle['data'] = cycle;
const shared = { a: 1 };

/** Bytes of MessagePack for a map with the key `__proto__`, which a Packr would not write so. */
const protoKey = Buffer.concat([
  Buffer.from([0x82]),
  encodeBody('type'),
  encodeBody('KEEP'),
  encodeBody('__proto__'),
  encodeBody({ admin: true }),
]);

const anything: Record<string, unknown> = {};

/** What an event carries. */
const dataOf = (event: object): unknown => ('data' in event ? event.data : undefined);

const machine = setup({
  types: {
    context: anything,
    emitted: {} as { type: 'rounded'; value: number },
  },
  delays: { soon: 1000 },
}).createMachine({
  id: 'keeper',
  version: '1',
  context: {},
  on: {
    KEEP: { actions: assign({ data: ({ event }) => dataOf(event) }) },
    TWICE: {
      actions: assign({
        one: ({ event }) => dataOf(event),
        list: ({ event }) => [dataOf(event)],
      }),
    },
    LATER: {
      actions: [
        assign({ one: ({ event }) => dataOf(event) }),
        raise(({ event }) => ({ type: 'FIRED', data: dataOf(event) }), { delay: 'soon' }),
      ],
    },
    FIRED: {
      actions: assign({ isSame: ({ context, event }) => context['one'] === dataOf(event) }),
    },
    SAME: {
      guard: ({ context }) => (context['list'] as unknown[])[0] === context['one'],
      actions: assign({ isSame: true }),
    },
    CUT: { actions: assign({ cut: ({ event }) => String(dataOf(event)).slice(0, 4) }) },
    CUT_KEY: {
      actions: assign({ cut: ({ event }) => ({ [String(dataOf(event)).slice(0, 4)]: 1 }) }),
    },
    LENGTH: {
      actions: assign({ code: ({ context }) => String(context['cut']).charCodeAt(3) }),
    },
    ROUND: {
      actions: [
        assign({ rounded: Math.round(-0.4) }),
        emit({ type: 'rounded', value: Math.round(-0.4) }),
        raise({ type: 'KEEP', data: Math.round(-0.4) }, { delay: 'soon' }),
      ],
    },
    WRAP: { actions: assign({ data: ({ context }) => ({ inner: context['data'] }) }) },
  },
});

const born = (): World => {
  const world = new World(machine);
  world.create();
  return world;
};

/** Folds an entry from memory and from decoded bytes; both must give the same bytes. */
const foldBoth = (world: World, body: Uint8Array): string => {
  world.sequence += 1;
  const { sequence } = world;
  const entry = readEntry({ ...stored(body), sequence, time: world.time + 1000 });
  const before = present(world.state);
  const cold = fold(world.registered, decodeState(encodeState(before)), entry);
  const warm = fold(world.registered, before, entry);
  assert.equal(wordsOf(warm.outcome), wordsOf(cold.outcome));
  assert.equal(encodeState(present(warm.state)), encodeState(present(cold.state)));
  world.state = warm.state;
  return wordsOf(warm.outcome);
};

const test = suite('JSON data');

test('the text __proto__ is data, in bodies and in states', () => {
  for (const encode of [encodeJson, encodeBody]) {
    const body = { type: 'KEEP', data: ['__proto__', { note: 'about __proto__ here' }] };
    assert.equal(decodeBody(encode(body)), body);
    const world = born();
    assert.is(foldBoth(world, encode(body)), 'applied');
    const state = present(world.state);
    assert.equal(decodeState(encodeState(state)).snapshot.context, { data: body.data });
    assert.equal(decodeBody(encodeBody({ input: state.snapshot.context })), {
      input: { data: body.data },
    });
  }
});

test('the key __proto__ is refused however it is written, at every depth', () => {
  for (const body of [
    text('{"type":"KEEP","__proto__":1}'),
    text('{"type":"KEEP","__pr\\u006fto__":1}'),
    eventWith('[{"a":{"\\u005f_proto__":{}}}]'),
    protoKey,
  ])
    assert.is(codeOf(body), 'forbidden-key');
  assert.is(({} as { admin?: boolean }).admin, undefined);
  const other = { type: 'KEEP', data: { __proto_: 1, text: '__proto__' } };
  assert.equal(decodeBody(encodeBody(other)), other, 'the name that msgpackr gives the key');
});

test('marks of references are refused in entries', () => {
  assert.is(codeOf(eventWith('{"xstate$$type":1,"id":"x"}')), 'not-json-data');
  assert.is(codeOf(eventWith('{"pawlAddress":{}}')), 'not-json-data');
});

test('what is no JSON data is refused where it is read', () => {
  const twice = { type: 'KEEP', data: [shared, shared] };
  const bad: readonly (readonly [string, Uint8Array, string])[] = [
    ['1e400', eventWith('1e400'), 'not-json-data'],
    ['deep', eventWith(nested(1_500)), 'not-json-data'],
    ['deeper', eventWith(nested(300_000)), 'not-json-data invalid-body'],
    ['a Date', wild.pack({ type: 'KEEP', data: new Date(0) }), 'not-json-data'],
    ['a RegExp', wild.pack({ type: 'KEEP', data: /x/ }), 'invalid-body not-json-data'],
    ['a Set', wild.pack({ type: 'KEEP', data: new Set([1]) }), 'not-json-data'],
    ['bytes', wild.pack({ type: 'KEEP', data: new Uint8Array(3) }), 'not-json-data'],
    [
      'floats',
      wild.pack({ type: 'KEEP', data: new Float64Array(3) }),
      'not-json-data invalid-body',
    ],
    ['NaN', wild.pack({ type: 'KEEP', data: NaN }), 'not-json-data'],
    ['a bigint', wild.pack({ type: 'KEEP', data: 2n ** 80n }), 'not-json-data'],
    ['undefined', wild.pack({ type: 'KEEP', data: [undefined] }), 'not-json-data'],
    ['a cycle', wild.pack(cycle), 'invalid-body'],
    ['one object twice', wild.pack(twice), 'invalid-body'],
    ['0xc1', Buffer.from([0x81, 0xa1, 0x61, 0xc1]), 'not-json-data'],
    ['no UTF-8', Buffer.from([...text('{"type":"'), 0xff, ...text('"}')]), 'invalid-body'],
  ];
  for (const [name, body, codes] of bad)
    assert.ok(codes.split(' ').includes(codeOf(body)), `${name}: ${codeOf(body)}`);
});

test('-0, undefined and half a character are made harmless', () => {
  for (const body of [
    text('{"type":"KEEP","data":[-0,-0.0,"a\\ud83d",{"\\ud83d":1}]}'),
    wild.pack({ type: 'KEEP', data: [-0, -0, 'a\ufffd', { '\ufffd': 1 }], gone: undefined }),
  ]) {
    const world = born();
    assert.equal(readEntry(stored(body)).body, {
      type: 'KEEP',
      data: [0, 0, 'a\ufffd', { '\ufffd': 1 }],
    });
    assert.ok(Object.is((readEntry(stored(body)).body['data'] as number[])[0], 0));
    assert.is(foldBoth(world, body), 'applied');
  }
  checkJsonData({ a: -0, b: undefined, c: '\ud83d' }, 'It');
});

test('Math.round(-0.4) is 0 in a context, an emitted and a delayed event', () => {
  const world = born();
  const step = world.send('ROUND');
  assert.is(wordsOf(step.outcome), 'applied');
  assert.ok(Object.is(world.context['rounded'], 0));
  assert.ok(Object.is(only(step, 'emit')[0]?.event['value'], 0));
  const [timer] = Object.values(present(world.state).pending.timers);
  assert.ok(Object.is(timer?.event?.['data'], 0));
});

test('a text that a machine cuts in a character is the same from memory and from bytes', () => {
  for (const type of ['CUT', 'CUT_KEY']) {
    const world = born();
    assert.is(foldBoth(world, encodeJson({ type, data: 'ok 😀' })), 'applied');
    assert.is(foldBoth(world, encodeJson({ type: 'LENGTH' })), 'applied');
  }
});

test('one object in two places is two, from memory as from bytes', () => {
  const world = born();
  assert.is(foldBoth(world, eventWith('{"a":1}')), 'applied');
  assert.is(foldBoth(world, text('{"type":"TWICE","data":{"a":1}}')), 'applied');
  assert.equal(world.context['list'], [{ a: 1 }]);
  assert.is(foldBoth(world, text('{"type":"SAME"}')), 'refused event-refused');
});

test('what a delayed event and the context share are two, from memory as from bytes', () => {
  for (const reload of [false, true]) {
    const world = born();
    world.send('LATER', { data: { a: 1 } });
    if (reload) world.state = decodeState(encodeState(present(world.state)));
    const [key = ''] = Object.keys(present(world.state).pending.timers);
    world.fire(key);
    assert.is(world.context['isSame'], false);
  }
});

test('what was taken can be kept and saved; what a machine nests too deep faults, not breaks', () => {
  const world = born();
  assert.is(foldBoth(world, eventWith(nested(98))), 'applied');
  const wrap = (state: ActorState | undefined, sequence: number) =>
    fold(
      world.registered,
      state,
      readEntry({ ...stored(text('{"type":"WRAP"}')), sequence, time: world.time }),
    );
  let step = wrap(world.state, world.sequence + 1);
  for (let count = 2; step.outcome.kind === 'applied' && count < 1000; count += 1) {
    const state = present(step.state);
    decodeState(encodeState(state));
    step = wrap(state, world.sequence + count);
  }
  assert.is(wordsOf(step.outcome), 'faulted not-json-data');
  decodeState(encodeState(present(step.state)));
});

test('a history shows entries that cannot be read, with their kind', () => {
  const registered = registerMachine('thing', machine);
  const entries = [
    { ...stored(text('{}'), 'create'), sequence: 1, headers: { 'Pawl-Version': '1' } },
    { ...stored(text('{"type":"KEEP","__pr\\u006fto__":1}')), sequence: 2 },
    { ...stored(eventWith('1e400')), sequence: 3 },
    { ...stored(text('{"__proto__":1}'), 'create'), sequence: 4 },
    { ...stored(eventWith('1')), sequence: 5 },
  ];
  const history = [...replayJournal(() => registered, entries)].map(historyEntryOf);
  assert.equal(
    history.map(({ kind, outcome }) => `${kind} ${wordsOf(outcome)}`),
    [
      'create applied',
      'event refused forbidden-key',
      'event refused not-json-data',
      'create refused forbidden-key',
      'event applied',
    ],
  );
  assert.equal(decodeBody(encodeJson({ history }))['history'], JSON.parse(JSON.stringify(history)));
});

test.run();

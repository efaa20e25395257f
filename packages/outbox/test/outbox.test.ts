// outbox.send and outbox.create: what is checked before a row is written.
import { machineRecordOf, PawlError, registerMachine, schemasOf } from '@pawl/core';
import type { MachineRecord } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { z } from 'zod';
import { createOutbox, outbox, type Outbox, type Sql } from '@pawl/outbox';

const test = suite('outbox');

const volume = setup(
  schemasOf({
    input: z.object({ name: z.string() }),
    context: z.object({}),
    events: { EXTEND: z.object({ sizeGiB: z.number() }), DELETE: z.object({}) },
  }),
).createMachine({
  id: 'volume',
  version: '1',
  initial: 'ok',
  context: {},
  states: {
    ok: { on: { EXTEND: {}, DELETE: 'gone' } },
    gone: { type: 'final' },
  },
});
const record = machineRecordOf(registerMachine('volume', volume), 'storage');
const registry = {
  machines: async (type?: string): Promise<readonly MachineRecord[]> =>
    type === 'volume' ? [record] : [],
};

/** Notes the statements. */
const createSql = (): Sql & { readonly calls: unknown[][] } => {
  const calls: unknown[][] = [];
  return {
    calls,
    execute: async (statement, parameters) => {
      calls.push([statement.replace(/\(.*/, ''), ...parameters]);
    },
  };
};

const vol = { type: 'volume', id: 'vol-1' };

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof PawlError) return error.code;
    throw error;
  }
  return 'none';
};

test('a statement with all that goes along', async () => {
  const sql = createSql();
  const options = { class: 'heavy', by: 'ada', traceparent: '00-1-2-01' } as const;
  await outbox.send(sql, vol, { type: 'EXTEND', sizeGiB: 2 }, options);
  await outbox.create(sql, vol, { name: 'data' });
  await outbox.create(sql, vol);
  const event = '{"type":"EXTEND","sizeGiB":2}';
  assert.equal(sql.calls, [
    ['SELECT pawl.send', 'volume', 'vol-1', event, 'heavy', 'ada', '00-1-2-01'],
    ['SELECT pawl.create', 'volume', 'vol-1', '{"name":"data"}', null, null, null],
    ['SELECT pawl.create', 'volume', 'vol-1', null, null, null, null],
  ]);
});

test('the text __proto__ as a value is data', async () => {
  const sql = createSql();
  await outbox.send(sql, vol, { type: 'EXTEND', note: '__proto__' });
  assert.is(sql.calls[0]?.[3], '{"type":"EXTEND","note":"__proto__"}');
});

test('what no host could read is refused without any machine', async () => {
  const sql = createSql();
  const refusals: readonly (readonly [string, Promise<void>])[] = [
    ['invalid-type', outbox.send(sql, { type: 'V', id: 'a' }, { type: 'A' })],
    ['invalid-id', outbox.create(sql, { type: 'v', id: 'a.b' })],
    ['invalid-event', outbox.send(sql, vol, { type: '' })],
    ['not-json-data', outbox.send(sql, vol, { type: 'A', at: new Date(0) })],
    ['payload-too-large', outbox.send(sql, vol, { type: 'A', text: 'x'.repeat(1_000_000) })],
  ];
  for (const [code, work] of refusals) assert.is(await codeOf(work), code);
  assert.equal(sql.calls, []);
});

for (const [name, checked] of [
  ['the machine at hand', createOutbox({ machines: [volume] })],
  ['the registry', createOutbox({ registry })],
] as const satisfies readonly (readonly [string, Outbox])[])
  test(`events and inputs are checked by ${name}`, async () => {
    const sql = createSql();
    await checked.send(sql, vol, { type: 'EXTEND', sizeGiB: 2 });
    await checked.create(sql, vol, { name: 'data' });
    assert.is(sql.calls.length, 2);
    const refusals: readonly (readonly [string, Promise<void>])[] = [
      ['invalid-event', checked.send(sql, vol, { type: 'EXTEND', sizeGiB: 'two' })],
      ['unknown-event', checked.send(sql, vol, { type: 'SHRINK' })],
      ['invalid-input', checked.create(sql, vol, { name: 7 })],
      ['invalid-input', checked.create(sql, vol)],
    ];
    for (const [code, work] of refusals) assert.is(await codeOf(work), code);
    assert.is(sql.calls.length, 2);
  });

test('a type that nobody has registered is refused by the registry', async () => {
  const sent = createOutbox({ registry }).send(createSql(), { type: 'x', id: 'y' }, { type: 'A' });
  assert.is(await codeOf(sent), 'unknown-type');
});

test('a registry that cannot be reached stops nobody', async () => {
  const sql = createSql();
  const machines = (): Promise<never> =>
    Promise.reject(new PawlError('no-connection', 'not connected just now'));
  await createOutbox({ registry: { machines } }).send(sql, vol, { type: 'ANYTHING' });
  assert.is(sql.calls.length, 1);
});

test.run();

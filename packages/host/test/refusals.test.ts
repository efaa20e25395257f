// Entries that are refused: answered, or in the dead letters; the next good one is processed.
import { decodeBody, HEADER, schemasOf, type Answer } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { answerSubject } from '../src/actor/answers.ts';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('refusals');

const order = { type: 'order', id: 'o-1' };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const BAD: readonly [what: string, kindToken: string, body: unknown, code: string][] = [
  ['neither JSON nor MessagePack', 'event', text('EXTEND please'), 'invalid-body'],
  ['a JSON array', 'event', text('[1]'), 'invalid-body'],
  ['__proto__', 'event', text('{"type":"PING","__proto__":{"a":1}}'), 'forbidden-key'],
  ['an event without a type', 'event', {}, 'invalid-entry'],
  ['an unknown event', 'event', { type: 'NONSENSE' }, 'unknown-event'],
  ['an event that does not match', 'event', { type: 'NOTE', by: 'ten' }, 'invalid-event'],
  ['an unknown kind', 'whisper', { type: 'PING' }, 'unknown-kind'],
  ['a timer from a client', 'timer', { key: 'k', generation: '1-0-aaaaaaaa' }, 'forged-timer'],
  ['a second create', 'create', { input: { ledger: 'x' } }, 'actor-exists'],
];

for (const [what, kindToken, body, code] of BAD)
  test(`${what}: ${code}`, async () => {
    const world = new HostWorld();
    await world.start('one');
    await world.create(order, { ledger: 'total' });
    await world.untilQuiet();
    const before = world.saved(order)?.snapshot;
    const answer = await world.ask(order, kindToken, body);
    assert.is(answer.outcome, 'refused');
    assert.is(answer.outcome === 'refused' && answer.error.code, code);
    const sequence = await world.append(order, kindToken, body);
    await world.untilQuiet();
    const letters = world.broker.deadLetters();
    assert.equal(
      letters.map(({ id, error }) => [id, error.code]),
      [[`journal-${sequence}`, code]],
    );
    assert.equal(world.saved(order)?.snapshot, before);
    const startedAt = world.clock.now();
    const good = await world.ask(order, 'event', { type: 'PING' });
    assert.is(good.outcome, 'applied');
    assert.ok(world.clock.now() - startedAt <= 100);
    await world.untilQuiet();
    world.checkAgreement();
  });

test('a refused entry whose letter is larger than the broker takes does not hold up the partition', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.append(order, 'event', new Uint8Array(1_000_000).fill(0xc1));
  await world.untilQuiet();
  assert.is(world.broker.deadLetters().length, 1);
  assert.equal(world.broker.deadLetters()[0]?.body, { bytes: 1_000_000 });
});

test('a letter that the broker refuses for good does not hold up the partition either', async () => {
  const world = new HostWorld();
  const { ports, lines } = await world.start('one');
  await world.create(order, { ledger: 'total' });
  ports.deadLetters.publish = async () => {
    throw new TypeError('a bug');
  };
  await world.append(order, 'event', text('nonsense'));
  await world.append(order, 'event', { type: 'NONSENSE' });
  await world.untilQuiet();
  assert.is(lines.filter((line) => line.includes('could not be told')).length, 2);
});

test('the same trouble of many actors is a few lines and a count', async () => {
  const world = new HostWorld();
  const { ports, lines } = await world.start('one');
  ports.deadLetters.publish = async () => {
    throw new TypeError('a bug');
  };
  for (let count = 0; count < 300; count += 1)
    await world.append({ type: 'order', id: `o-${count}` }, 'event', text('nonsense'));
  await world.untilQuiet();
  await world.clock.advance('10s');
  const told = lines.filter((line) => line.includes('could not be told'));
  assert.is(told.length, 6);
  assert.match(told[5] ?? '', /"alike":295/);
});

test('answers go only below the answer prefix, to a literal subject', () => {
  const { subjects } = new HostWorld().broker;
  const ports = { subjects };
  const allowed = (to: string): boolean =>
    answerSubject(ports, { headers: { [HEADER.answerTo]: to } }) === to;
  assert.ok(allowed('pawl.answer.cli.a-1.7'));
  for (const to of [
    'pawl.in.event.order.o-1',
    'pawl.answer.',
    'pawl.answer.>',
    'pawl.answer.cli.*',
    'pawl.answer.cli..x',
    'pawl.answer.cli.x.',
    'pawl.answer.cli x',
    'pawl.answerer.cli.x',
    '$JS.API.STREAM.PURGE.PAWL_JOURNAL',
    'x.pawl.answer.cli.x',
    '',
  ])
    assert.not.ok(allowed(to), to);
  assert.is(answerSubject(ports, { headers: {} }), undefined);
});

test('a foreign answer subject is as good as none: nothing is published there', async () => {
  const world = new HostWorld();
  await world.start('one');
  await world.create(order, { ledger: 'total' });
  await world.untilQuiet();
  const stolen: unknown[] = [];
  world.ports.bus.subscribe('secret.>', ({ body }) => stolen.push(decodeBody(body)));
  const headers = { [HEADER.answerTo]: 'secret.place' };
  await world.append(order, 'event', { type: 'NONSENSE' }, headers);
  await world.append(order, 'event', { type: 'PING' }, headers);
  await world.untilQuiet();
  await world.clock.advance('1s');
  assert.equal(stolen, []);
  // The other letter is about the ledger, which nobody has created.
  const codes = world.broker.deadLetters().map(({ error }) => error.code);
  assert.equal(codes, ['unknown-event', 'no-such-actor']);
  assert.is(world.saved(order)?.snapshot.context['pings'], 1);
});

const hoard = schemasOf({
  input: z.unknown(),
  context: z.object({ all: z.array(z.string()) }),
  events: { KEEP: z.object({ it: z.string() }) },
});

const hoardMachine = setup({ types: hoard.types, schemas: hoard.schemas }).createMachine({
  id: 'hoard',
  version: '1',
  meta: { pawl: { contextMax: 8 * 1024 * 1024 } },
  context: { all: [] },
  on: { KEEP: { actions: assign({ all: ({ context, event }) => [...context.all, event.it] }) } },
});

test('a state that is too large for an answer: the sender hears the outcome without it', async () => {
  const world = new HostWorld();
  await world.start('one', { ...MACHINES, hoard: hoardMachine });
  const actor = { type: 'hoard', id: 'h-1' };
  await world.create(actor);
  const keep = (it: string): Promise<Answer> => world.ask(actor, 'event', { type: 'KEEP', it });
  const fits = await keep('x'.repeat(900_000));
  assert.ok(fits.outcome === 'applied' && fits.state !== undefined);
  const applied = await keep('x'.repeat(200_000));
  assert.equal(
    { ...applied, error: applied.outcome === 'applied' && applied.error?.code },
    { sequence: 3, outcome: 'applied', error: 'payload-too-large' },
  );
  assert.match(JSON.stringify(applied), /Entry 3 was applied.*hoard\/h-1.*max_payload.*contextMax/);
  const refused = await world.ask(actor, 'event', { type: 'N'.repeat(900_000) });
  assert.ok(refused.outcome === 'refused' && refused.error.code === 'unknown-event');
  assert.ok(JSON.stringify(refused).length < 2000, 'its long name is cut');
  assert.is(refused.state, undefined);
  const reply = await world.query(actor);
  assert.ok('error' in reply && reply.error.code === 'payload-too-large');
  assert.match(reply.error.message, /hoard\/h-1 .*max_payload.*contextMax/);
  await world.untilQuiet();
  const all = world.saved(actor)?.snapshot.context['all'];
  assert.ok(Array.isArray(all) && all.length === 2);
});

test.run();

// Bad input, as a table: a stable code, a message that helps, nothing changed, nothing lost.
import {
  encodeBody,
  ERROR_CODES,
  PawlError,
  type DeadLetter,
  type ErrorCode,
  type OutgoingEntry,
} from '@pawl/core';
import { connect, openClient, portsOf, startHost, startNatsServer, type Client } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, createMachine, type AnyStateMachine } from 'xstate';
import { counter } from './scenario/counter.machine.ts';

const NEXT_WITHIN_MS = 100;

const textOf = (event: object): string =>
  'text' in event && typeof event.text === 'string' ? event.text : '';

/** Keeps the last text twice, up to a number of characters. */
const keeper = (contextMax: number): AnyStateMachine =>
  createMachine({
    id: 'keeper',
    version: '1',
    meta: { pawl: { contextMax } },
    context: { text: '' },
    on: { KEEP: { actions: assign({ text: ({ event }) => textOf(event).repeat(2) }) } },
  });

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
const ports = portsOf({ connection });
// One partition, so that the next good message is on the partition of the bad one.
const host = await startHost({
  connection,
  service: 'count',
  machines: { counter, note: keeper(10_000), book: keeper(4_000_000) },
  topology: { partitions: 1 },
});
const client = openClient({ connection });
await client.actor(counter, 'good').create({ start: 0 });
await client.actor(counter, 'ended').create({ start: 0 });
await client.actor(counter, 'ended').send({ type: 'END' });
await client.actor('note', 'n-1').create({});
await client.actor('book', 'b-1').create({});

const test = suite('bad input');

/** What a row expects. */
interface Expected {
  readonly code: ErrorCode;
  /** Each must be in the message: the offender, and what to do. */
  readonly says: readonly RegExp[];
}

const checkError = (error: { code: string; message: string }, { code, says }: Expected): void => {
  assert.is(error.code, code, error.message);
  for (const pattern of says) assert.match(error.message, pattern);
};

const caught = async (act: () => Promise<unknown>): Promise<PawlError> => {
  try {
    await act();
  } catch (error) {
    assert.ok(error instanceof PawlError, `an error with a code, not ${String(error)}`);
    assert.is(error.retryable, ERROR_CODES[error.code].retryable);
    return error;
  }
  return assert.unreachable('nothing was thrown') as never;
};

/** The good actor takes the next event at once, and nothing else has happened to it. */
const checkNext = async (): Promise<void> => {
  const good = client.actor(counter, 'good');
  const { count } = (await good.load()).context;
  const times: number[] = [];
  // The best of three: other work on the machine is no fault of the partition.
  for (let number = 1; number <= 3; number += 1) {
    const startedAt = performance.now();
    const next = await good.send({ type: 'ADD', by: 1 });
    times.push(performance.now() - startedAt);
    assert.is(next.context.count, count + number);
    if (Math.min(...times) <= NEXT_WITHIN_MS) return;
  }
  assert.unreachable(`the next messages took ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
};

const untyped = (type: string, id: string): ReturnType<Client['actor']> => client.actor(type, id);

interface Row extends Expected {
  readonly name: string;
  readonly act: () => Promise<unknown>;
}

const big = 'x'.repeat(1_100_000);
const rows: readonly Row[] = [
  {
    name: 'an event to an unknown type',
    act: () => untyped('countre', 'x').send({ type: 'ADD' }),
    code: 'unknown-type',
    says: [/countre/, /counter/],
  },
  {
    name: 'a create of an unknown type',
    act: () => untyped('nothing', 'x').create({}),
    code: 'unknown-type',
    says: [/nothing/],
  },
  {
    name: 'an unknown event',
    act: () => untyped('counter', 'good').send({ type: 'ADDD', by: 1 }),
    code: 'unknown-event',
    says: [/ADDD/, /ADD\b/],
  },
  {
    name: 'an event that fails its schema',
    act: () => untyped('counter', 'good').send({ type: 'ADD', by: 'one' }),
    code: 'invalid-event',
    says: [/ADD/, /by/],
  },
  {
    name: 'an input that fails its schema',
    act: () => untyped('counter', 'new').create({ start: 'zero' }),
    code: 'invalid-input',
    says: [/counter/, /start/],
  },
  {
    name: 'an event that the state does not take',
    act: () => client.actor(counter, 'good').send({ type: 'OPEN' }),
    code: 'event-refused',
    says: [/OPEN/, /counting/],
  },
  {
    name: 'a malformed id',
    act: async () => untyped('counter', 'a.b').send({ type: 'ADD', by: 1 }),
    code: 'invalid-id',
    says: [/a\.b/, /A-Za-z0-9/],
  },
  {
    name: 'a malformed type',
    act: async () => untyped('Counter', 'a').send({ type: 'ADD', by: 1 }),
    code: 'invalid-type',
    says: [/Counter/],
  },
  {
    name: 'a payload over the limit',
    act: () => untyped('counter', 'good').send({ type: 'ADD', by: 1, note: big }),
    code: 'payload-too-large',
    says: [/counter/, /byte/],
  },
  {
    name: 'an event that would make the actor larger than its machine allows',
    act: () => untyped('note', 'n-1').send({ type: 'KEEP', text: 'x'.repeat(10_000) }),
    code: 'payload-too-large',
    says: [/note\/n-1/, /10000 characters/, /contextMax/],
  },
  {
    name: 'an actor that is larger than an answer',
    act: () => untyped('book', 'b-1').send({ type: 'KEEP', text: 'x'.repeat(600_000) }),
    code: 'payload-too-large',
    says: [/was applied/, /book\/b-1/, /max_payload/],
  },
  {
    name: 'a look at an actor that is larger than an answer',
    act: () => untyped('book', 'b-1').load(),
    code: 'payload-too-large',
    says: [/book\/b-1/, /max_payload/],
  },
  {
    name: 'a second create',
    act: () => client.actor(counter, 'good').create({ start: 5 }),
    code: 'actor-exists',
    says: [/counter\/good/, /ifExists/],
  },
  {
    name: 'an event before the create',
    act: () => client.actor(counter, 'unborn').send({ type: 'ADD', by: 1 }),
    code: 'no-such-actor',
    says: [/counter\/unborn/, /[Cc]reate/],
  },
  {
    name: 'an event to an ended actor',
    act: () => client.actor(counter, 'ended').send({ type: 'ADD', by: 1 }),
    code: 'actor-ended',
    says: [/counter\/ended/],
  },
  {
    name: 'a machine that fails the registration check',
    act: () =>
      startHost({
        connection,
        service: 'bad',
        machines: { bad: createMachine({ id: 'bad', entry: () => console.log('side effect') }) },
      }),
    code: 'machine-invalid',
    says: [/bad/, /version/, /side effect|custom action|action/],
  },
  {
    name: 'a type that another service owns',
    act: () => startHost({ connection, service: 'thief', machines: { counter } }),
    code: 'type-claimed',
    says: [/counter/, /count\b/, /thief/],
  },
  {
    name: 'the same version with another digest',
    act: () => {
      const changed = createMachine({
        id: 'counter',
        version: '1',
        context: { count: 0 },
        on: { ADD: { actions: assign({ count: 1 }) } },
      });
      return startHost({ connection, service: 'count', machines: { counter: changed } });
    },
    code: 'machine-changed',
    says: [/counter/, /version/],
  },
];

for (const { name, act, ...expected } of rows)
  test(name, async () => {
    checkError(await caught(act), expected);
    await checkNext();
  });

/** What a publisher without any library can do wrong, on the wire. */
const wireRows: readonly (Expected & { name: string; entry: OutgoingEntry })[] = [
  {
    name: 'a body that is no JSON and no MessagePack',
    entry: { type: 'counter', id: 'good', kindToken: 'event', body: Buffer.from('{"type":') },
    code: 'invalid-body',
    says: [/JSON/],
  },
  {
    name: 'a body that is a list',
    entry: { type: 'counter', id: 'good', kindToken: 'event', body: encodeBody([1, 2]) },
    code: 'invalid-body',
    says: [/map|object/],
  },
  {
    name: 'the key __proto__',
    entry: {
      type: 'counter',
      id: 'good',
      kindToken: 'event',
      body: Buffer.from('{"type":"ADD","by":1,"__proto__":{"admin":true}}'),
    },
    code: 'forbidden-key',
    says: [/__proto__/],
  },
  {
    name: 'the key __proto__, escaped',
    entry: {
      type: 'counter',
      id: 'good',
      kindToken: 'event',
      body: Buffer.from('{"type":"ADD","by":1,"__pr\\u006fto__":{"admin":true}}'),
    },
    code: 'forbidden-key',
    says: [/__proto__/],
  },
  {
    name: 'a number out of range',
    entry: {
      type: 'counter',
      id: 'good',
      kindToken: 'event',
      body: Buffer.from('{"type":"ADD","by":1e400}'),
    },
    code: 'not-json-data',
    says: [/by.*Infinity/],
  },
  {
    name: 'lists in lists without end',
    entry: {
      type: 'counter',
      id: 'good',
      kindToken: 'event',
      body: Buffer.from(`{"type":"ADD","by":1,"note":${'['.repeat(5000)}${']'.repeat(5000)}}`),
    },
    code: 'not-json-data',
    says: [/levels deep/],
  },
  {
    name: 'an event without a type',
    entry: { type: 'counter', id: 'good', kindToken: 'event', body: Buffer.from('{"by":1}') },
    code: 'invalid-entry',
    says: [/type/],
  },
  {
    name: 'an unknown kind',
    entry: { type: 'counter', id: 'good', kindToken: 'wish', body: Buffer.from('{"type":"ADD"}') },
    code: 'unknown-kind',
    says: [/wish/],
  },
  {
    name: 'a forged timer',
    entry: {
      type: 'counter',
      id: 'good',
      kindToken: 'timer',
      body: Buffer.from('{"key":"#after","generation":"1-0-00000000"}'),
    },
    code: 'forged-timer',
    says: [/timer/],
  },
];

test('what plain JSON says, and what it does not: -0, and the text __proto__', async () => {
  const body = Buffer.from('{"type":"ADD","by":-0,"note":"__proto__"}');
  const { count } = (await client.actor(counter, 'good').load()).context;
  const subject = ports.subjects.answer('probe', 'zero');
  const answered = new Promise<Uint8Array>((resolve) => {
    ports.bus.subscribe(subject, (message) => resolve(message.body));
  });
  await ports.bus.flush();
  const headers = { 'Pawl-Answer-To': subject };
  await ports.journal.append({ type: 'counter', id: 'good', kindToken: 'event', body, headers });
  const answer = JSON.parse(Buffer.from(await answered).toString()) as { outcome: string };
  assert.is(answer.outcome, 'applied', JSON.stringify(answer));
  assert.is((await client.actor(counter, 'good').load()).context.count, count);
  await checkNext();
});

const deadLetterOf = async (sequence: number): Promise<DeadLetter | undefined> =>
  (await ports.deadLetters.list()).find(({ id }) => id === `journal-${sequence}`);

for (const { name, entry, ...expected } of wireRows) {
  test(`${name}, with an answer asked for`, async () => {
    const subject = ports.subjects.answer('probe', String(Math.random()).slice(2));
    const answered = new Promise<Uint8Array>((resolve) => {
      const waiting = ports.bus.subscribe(subject, ({ body }) => {
        waiting.stop();
        resolve(body);
      });
    });
    await ports.bus.flush();
    await ports.journal.append({ ...entry, headers: { 'Pawl-Answer-To': subject } });
    const answer = JSON.parse(Buffer.from(await answered).toString()) as {
      outcome: string;
      error: { code: string; message: string };
    };
    assert.is(answer.outcome, 'refused');
    checkError(answer.error, expected);
    await checkNext();
  });
  test(`${name}, without`, async () => {
    const { sequence } = await ports.journal.append(entry);
    await checkNext(); // Entries are taken in order: the bad one has been dealt with.
    const letter = await deadLetterOf(sequence);
    assert.ok(letter, 'a dead letter');
    checkError(letter.error, expected);
  });
}

test.after(async () => {
  await client.close();
  await host.stop();
  await connection.close();
  await server.stop();
});

test.run();

// Bad entries on the wire, as a table: a stable code, a message that helps, nothing changed,
// nothing lost.
import { encodeBody, type DeadLetter, type OutgoingEntry } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkError,
  checkNext,
  client,
  close,
  ports,
  type Expected,
} from './scenario/bad-input-world.ts';
import { counter } from './scenario/counter.machine.ts';

const test = suite('bad entries');

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

test.after(close);

test.run();

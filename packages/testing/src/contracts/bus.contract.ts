// Contract of the port Bus: publish, subscribe, request.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { PawlError, type BusMessage } from '@pawl/core';
import { bodyOf, contractSuite, rejectsWith, textOf, uniqueName } from './contract-broker.ts';
import type { OpenBroker } from './contract-broker.ts';

/** The suite; end the test file with `test.run();`. */
export const busContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('bus', name, open);
  const subjectOf = (...rest: string[]): string =>
    [ports().subjects.prefix, 'test', uniqueName('subject'), ...rest].join('.');

  test('a message reaches all who listen, with headers, in order', async () => {
    const other = await broker().connect();
    const subject = subjectOf();
    const [own, far]: [BusMessage[], BusMessage[]] = [[], []];
    ports().bus.subscribe(subject, (message) => own.push(message));
    other.ports.bus.subscribe(subject, (message) => far.push(message));
    await ports().bus.flush();
    await other.ports.bus.flush();
    for (const text of ['a', 'b', 'c'])
      ports().bus.publish(subject, bodyOf(text), { 'Pawl-Cause': text });
    await broker().waitFor(() => own.length === 3 && far.length === 3);
    for (const messages of [own, far]) {
      assert.equal(
        messages.map(({ body }) => textOf(body)),
        ['a', 'b', 'c'],
      );
      assert.equal(
        messages.map(({ headers }) => headers['Pawl-Cause']),
        ['a', 'b', 'c'],
      );
      assert.is(messages[0]?.subject, subject);
    }
    await other.end();
  });

  test('* is one token, a final > is one or more', async () => {
    const root = subjectOf();
    const seen: string[] = [];
    const listen = (pattern: string): void =>
      void ports().bus.subscribe(`${root}.${pattern}`, ({ subject }) =>
        seen.push(`${pattern}: ${subject.slice(root.length + 1)}`),
      );
    ['*', 'a.*', '>', 'a.>', 'a.b.c'].forEach(listen);
    await ports().bus.flush();
    for (const rest of ['a', 'a.b', 'a.b.c', 'end'])
      ports().bus.publish(`${root}.${rest}`, bodyOf(''));
    await broker().waitFor(() => seen.includes('>: end'));
    assert.equal(
      [...seen].sort(),
      [
        '*: a',
        '*: end',
        '>: a',
        '>: a.b',
        '>: a.b.c',
        '>: end',
        'a.*: a.b',
        'a.>: a.b',
        'a.>: a.b.c',
        'a.b.c: a.b.c',
      ].sort(),
    );
  });

  test('a stopped subscription hears nothing more', async () => {
    const subject = subjectOf();
    const seen: string[] = [];
    const subscription = ports().bus.subscribe(subject, () => seen.push('stopped'));
    ports().bus.subscribe(subject, () => seen.push('running'));
    subscription.stop();
    await ports().bus.flush();
    ports().bus.publish(subject, bodyOf(''));
    await broker().waitFor(() => seen.length > 0);
    assert.equal(seen, ['running']);
  });

  test('one member of a queue group gets each message', async () => {
    const other = await broker().connect();
    const subject = subjectOf();
    const seen: number[] = [];
    const listen = (bus: typeof other.ports.bus): void =>
      void bus.subscribe(subject, ({ body }) => seen.push(Number(textOf(body))), {
        queue: 'members',
      });
    listen(ports().bus);
    listen(other.ports.bus);
    await ports().bus.flush();
    await other.ports.bus.flush();
    const sent = Array.from({ length: 20 }, (_, index) => index);
    for (const number of sent) ports().bus.publish(subject, bodyOf(String(number)));
    await broker().waitFor(() => sent.every((number) => seen.includes(number)));
    assert.is(seen.length, sent.length);
    await other.end();
  });

  test('a request gets the answer', async () => {
    const other = await broker().connect();
    const subject = subjectOf();
    other.ports.bus.subscribe(subject, (message) =>
      message.respond(bodyOf(`re: ${textOf(message.body)}`)),
    );
    await other.ports.bus.flush();
    const answer = await ports().bus.request(subject, bodyOf('hello'), { timeoutMs: 5000 });
    assert.is(textOf(answer.body), 're: hello');
    await other.end();
  });

  test('a request fails at once when nobody listens', async () => {
    const request = ports().bus.request(subjectOf(), bodyOf(''), { timeoutMs: 3_600_000 });
    await rejectsWith(request, 'no-answer');
  });

  test('a request fails in time when nobody answers', async () => {
    const subject = subjectOf();
    let asked = 0;
    ports().bus.subscribe(subject, () => (asked += 1));
    await ports().bus.flush();
    let code = '';
    ports()
      .bus.request(subject, bodyOf(''), { timeoutMs: 200 })
      .catch((error: unknown) => (code = error instanceof PawlError ? error.code : String(error)));
    await broker().waitFor(() => code !== '');
    assert.equal([asked, code], [1, 'no-answer']);
  });

  test('responding to a message that nobody asked for does nothing', async () => {
    const subject = subjectOf();
    let seen = 0;
    ports().bus.subscribe(subject, (message) => {
      message.respond(bodyOf('nobody hears this'));
      seen += 1;
    });
    await ports().bus.flush();
    ports().bus.publish(subject, bodyOf(''));
    await broker().waitFor(() => seen === 1);
  });

  test('says when the connection is closed', async () => {
    const other = await broker().connect();
    const states: string[] = [];
    other.ports.bus.onConnection((state) => states.push(state));
    await other.end();
    await broker().waitFor(() => states.includes('closed'));
  });

  return test;
};

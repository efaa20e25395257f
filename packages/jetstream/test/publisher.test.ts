// The publisher: what each outcome of a publish is called.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from 'nats';
import { PawlError, systemClock } from '@pawl/core';
import { createVirtualClock } from '@pawl/testing';
import { API_CODE } from '../src/broker-error.ts';
import { wrapConnection } from '../src/connection.ts';
import { parseAck } from '../src/publish-ack.ts';
import { Publisher } from '../src/publisher.ts';
import type { Connection } from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('publisher');
let server: TestServer;
let connection: Connection;
let jsm: JetStreamManager;
let publisher: Publisher;
const body = Buffer.from('{}');

test.before(async () => {
  server = await startTestServer({
    topology: false,
    configuration: `accounts { A: { jetstream: enabled, users: [
      { user: all, password: x },
      { user: few, password: x, permissions: { publish: ["open.>", "$JS.API.INFO"] } },
    ] }, B: { users: [{ user: without, password: x }] } }`,
  });
  connection = await server.connect({ user: 'all', pass: 'x' });
  jsm = await jetstreamManager(connection.nats);
  await jsm.streams.add({ name: 'OPEN', subjects: ['open.>'], allow_direct: true });
  publisher = new Publisher(connection, systemClock);
});
test.after(() => server.stop());

const failureOf = async (work: Promise<unknown>): Promise<PawlError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PawlError, `expected a PawlError, got ${String(thrown)}`);
  return thrown;
};

test('a thousand at once: acknowledged in the order of publishing', async () => {
  const publishes = Array.from({ length: 1000 }, () => publisher.publish('open.order', body));
  const sequences = (await Promise.all(publishes)).map(({ sequence }) => sequence);
  const first = sequences[0] ?? 0;
  assert.equal(
    sequences,
    sequences.map((_, index) => first + index),
  );
});

test('a repeated message id is told as a duplicate with the first sequence', async () => {
  const own = { 'Nats-Msg-Id': 'same' };
  const first = await publisher.publish('open.same', body, { own });
  const again = await publisher.publish('open.same', body, { own });
  assert.equal([first.duplicate, again.duplicate], [false, true]);
  assert.is(again.sequence, first.sequence);
});

test('a lost compare-and-set: sequence-conflict', async () => {
  const own = { 'Nats-Expected-Last-Subject-Sequence': '0' };
  await publisher.publish('open.cas', body, { own });
  const error = await failureOf(publisher.publish('open.cas', body, { own }));
  assert.is(error.code, 'sequence-conflict');
  assert.ok(error.retryable);
});

test('larger than the server takes: payload-too-large, before it is sent', async () => {
  const error = await failureOf(publisher.publish('open.large', new Uint8Array(1_048_577)));
  assert.is(error.code, 'payload-too-large');
  assert.match(error.message, /1048577 bytes.*1048576/);
});

test('larger than the stream takes: payload-too-large', async () => {
  await jsm.streams.add({ name: 'SMALL', subjects: ['small.>'], max_msg_size: 100 });
  const error = await failureOf(publisher.publish('small.a', new Uint8Array(200)));
  assert.is(error.code, 'payload-too-large');
});

test('a full stream: broker-refused, which may be tried again', async () => {
  await jsm.streams.add({ name: 'FULL', subjects: ['full.>'], max_msgs: 1, discard: 'new' });
  await publisher.publish('full.a', body);
  const error = await failureOf(publisher.publish('full.b', body));
  assert.is(error.code, 'broker-refused');
  assert.ok(error.retryable);
  assert.match(error.message, /full\.b.*maximum messages exceeded/);
});

test('no stream takes it: broker-refused, naming provision', async () => {
  const error = await failureOf(publisher.publish('nobody.listens', body));
  assert.is(error.code, 'broker-refused');
  assert.match(error.message, /No stream takes nobody\.listens.*provision/);
});

test('an account without JetStream: jetstream-off', async () => {
  // connect() refuses such an account; it can also lose JetStream later.
  const raw = await connectNats({ servers: server.server.url, user: 'without', pass: 'x' });
  const without = new Publisher(wrapConnection(raw), systemClock);
  const error = await failureOf(without.askApi('STREAM.INFO.OPEN'));
  assert.is(error.code, 'jetstream-off');
  without.close();
  await raw.close();
});

test('no permission: not-authorized, naming the subject', async () => {
  const few = new Publisher(await server.connect({ user: 'few', pass: 'x' }), systemClock);
  assert.is((await few.publish('open.fine', body)).duplicate, false);
  const error = await failureOf(few.publish('closed.a', body));
  assert.is(error.code, 'not-authorized');
  assert.match(error.message, /closed\.a/);
  few.close();
});

test('a line break in a header is refused: it would add headers', async () => {
  const headers = { 'Pawl-By': 'ann\r\nNats-Rollup: all' };
  const error = await failureOf(publisher.publish('open.inject', body, { headers }));
  assert.is(error.code, 'invalid-entry');
});

test('a responder that is no stream: an answer that is no ack is refused', async () => {
  const other = await server.connect({ user: 'all', pass: 'x' });
  other.nats.subscribe('plain.a', { callback: (_error, message) => void message.respond('hello') });
  await other.nats.flush();
  const error = await failureOf(publisher.publish('plain.a', body));
  assert.is(error.code, 'broker-refused');
});

/** Answers all that is published on the subject with `text`; resolves once it listens. */
const answerWith = async (subject: string, text: string | undefined): Promise<Connection> => {
  const other = await server.connect({ user: 'all', pass: 'x' });
  other.nats.subscribe(subject, {
    callback: (_error, message) => {
      if (text !== undefined) message.respond(text);
    },
  });
  await other.nats.flush();
  return other;
};

test('silence: outcome-unknown after five to six seconds', async () => {
  await answerWith('silent.a', undefined);
  for (const [waitedMs, earlyMs] of [
    [0, 5_999],
    [999, 5_000],
  ] as const) {
    const clock = createVirtualClock();
    const own = new Publisher(connection, clock);
    await clock.advance(waitedMs);
    let error: unknown;
    own.publish('silent.a', body).catch((thrown: unknown) => (error = thrown));
    await clock.advance(earlyMs);
    assert.is(error, undefined);
    await clock.advance(1);
    assert.is(error instanceof PawlError && error.code, 'outcome-unknown');
    own.close();
  }
});

/** What one has published has been answered by the other. */
const thereAndBack = async (one: Connection, other: Connection): Promise<void> => {
  await one.nats.flush();
  await other.nats.flush();
  await one.nats.flush();
};

const IN_PROCESS = JSON.stringify({
  error: { code: 409, err_code: API_CODE.duplicateInProcess, description: 'in process' },
});

test('a twin is being stored: asked again by the clock, and the outcome is unknown in the end', async () => {
  const other = await answerWith('twin.a', IN_PROCESS);
  const clock = createVirtualClock();
  const own = new Publisher(connection, clock);
  let error: unknown;
  let isSettled = false;
  own.publish('twin.a', body).catch((thrown: unknown) => (error = thrown));
  await thereAndBack(connection, other);
  void own.settled().then(() => (isSettled = true));
  for (let count = 0; count < 100 && error === undefined; count += 1) {
    await clock.advance(100);
    await thereAndBack(connection, other);
    if (error === undefined) assert.is(isSettled, false);
  }
  assert.is(error instanceof PawlError && error.code, 'outcome-unknown');
  assert.is(isSettled, true);
  assert.ok(clock.now() - createVirtualClock().now() <= 6_000);
  own.close();
});

test('a twin is being stored and the connection is lost: outcome-unknown, not no-connection', async () => {
  const raw = await connectNats({ servers: server.server.url, user: 'all', pass: 'x' });
  const mine = wrapConnection(raw);
  const other = await answerWith('twin.b', IN_PROCESS);
  const clock = createVirtualClock();
  const own = new Publisher(mine, clock);
  const publishing = failureOf(own.publish('twin.b', body));
  await thereAndBack(mine, other);
  await raw.close();
  await clock.advance(100);
  assert.is((await publishing).code, 'outcome-unknown');
  own.close();
});

test('the server dies: outcome-unknown at once, then no-connection, then it works', async () => {
  const other = await server.connect({ user: 'all', pass: 'x' });
  other.nats.subscribe('silent.b', { callback: () => undefined });
  await other.nats.flush();
  const publishing = failureOf(publisher.publish('silent.b', body));
  await connection.nats.flush();
  const back = new Promise<void>((resolve) => {
    const stop = connection.onStatus(({ type }) => {
      if (type !== 'reconnect') return;
      stop();
      resolve();
    });
  });
  await server.server.kill();
  assert.is((await publishing).code, 'outcome-unknown');
  assert.is((await failureOf(publisher.publish('open.later', body))).code, 'no-connection');
  await server.server.restart();
  await back;
  assert.ok((await publisher.publish('open.later', body)).sequence > 0);
});

test('close: what is unanswered is unknown, what comes later is closed', async () => {
  const own = await server.connect({ user: 'all', pass: 'x' });
  const closing = new Publisher(own, systemClock);
  own.nats.subscribe('silent.c', { callback: () => undefined });
  const publishing = failureOf(closing.publish('silent.c', body));
  closing.close();
  assert.is((await publishing).code, 'outcome-unknown');
  await own.close();
  assert.is((await failureOf(closing.publish('open.a', body))).code, 'closed');
});

test('acks of every form are read', () => {
  const read = (text: string): unknown => parseAck(Buffer.from(text));
  assert.equal(read('{"stream":"X","seq":120}'), { sequence: 120, duplicate: false });
  assert.equal(read('{"stream":"X","domain":"hub","seq":7}'), { sequence: 7, duplicate: false });
  assert.equal(read('{"stream":"X","seq":7,"duplicate":true}'), { sequence: 7, duplicate: true });
  assert.equal(read('{"stream":"X","seq":7,"val":"5"}'), { sequence: 7, duplicate: false });
  const error = { code: 400, err_code: 10_071, description: 'wrong last sequence: 3' };
  assert.equal(read(`{"error":${JSON.stringify(error)},"stream":"X","seq":0}`), { error });
  assert.ok('error' in (read('{"stream":"\\"seq\\":5"}') as object));
});

test.run();

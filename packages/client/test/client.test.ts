// The client against a broker in memory and a scripted host: create, send, read, list.
import { encodeBody, HEADER, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ActorExistsError,
  ActorFaultedError,
  EventRefusedError,
  OutcomeUnknownError,
} from '../src/index.ts';
import { createScriptedHost } from './scripted-host.ts';
import { volume } from './volume.machine.ts';

/** The error that a call rejects with. */
const errorOf = async (call: Promise<unknown>): Promise<PawlError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof PawlError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
};

const test = suite('client');

test('create and send return the state that came of it', async () => {
  const host = await createScriptedHost();
  const { client } = host.client({ by: 'ada', name: 'console' });
  const first = client.actor(volume, 'vol-1');
  const created = await first.create({ sizeGiB: 20 });
  assert.is(created.value, 'creating');
  assert.ok(created.matches('creating') && created.hasTag('busy'));
  assert.is(created.status, 'active');
  assert.is(created.can({ type: 'CREATED' }), true);
  assert.is(created.can({ type: 'DELETE' }), false);
  await first.send({ type: 'CREATED' });
  const extended = await first.send({ type: 'EXTEND', sizeGiB: 30 }, { class: 'heavy', by: 'bob' });
  assert.is(extended.context.sizeGiB, 30);
  assert.is(first.getSnapshot().sequence, 3);

  const [create, , extend] = host.broker.entries({ type: 'volume', id: 'vol-1' });
  assert.is(create?.headers[HEADER.version], '1');
  assert.is(create?.headers[HEADER.by], 'ada');
  assert.match(create?.headers[HEADER.messageId] ?? '', /^volume\/vol-1\/./);
  assert.match(create?.headers[HEADER.answerTo] ?? '', /^pawl\.answer\.console\.[\w-]+\.1$/);
  assert.is(extend?.headers[HEADER.by], 'bob');
  assert.is(extend?.headers[HEADER.class], 'heavy');

  const ended = await first.send({ type: 'DELETE' });
  assert.is(ended.status, 'done');
  assert.equal(ended.output, { freedGiB: 30 });
  await client.close();
});

test('a refused event says which state refused and what it takes', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor<typeof volume>('volume', 'vol-1');
  const unborn = await errorOf(first.send({ type: 'DELETE' }));
  assert.is(unborn.code, 'no-such-actor');
  await first.create({ sizeGiB: 1 });
  const error = await errorOf(first.send({ type: 'DELETE' }));
  assert.instance(error, EventRefusedError);
  assert.is(error.code, 'event-refused');
  assert.ok(error instanceof EventRefusedError && error.state?.matches('creating'));
  assert.equal(error instanceof EventRefusedError && error.accepts, ['CREATED']);
  await client.close();
});

test('a faulted actor is an error of its own, at once and later', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await first.send({ type: 'CREATED' });
  for (const event of [{ type: 'BREAK' }, { type: 'DELETE' }] as const) {
    const error = await errorOf(first.send(event));
    assert.instance(error, ActorFaultedError);
    assert.is(error instanceof ActorFaultedError && error.error.code, 'step-failed');
  }
  await client.close();
});

test('a state that is too large to be sent: the call says so at once, and that it was applied', async () => {
  const host = await createScriptedHost();
  const { client } = host.client({ timeoutMs: 10_000 });
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.tooLarge = true;
  const error = await errorOf(first.send({ type: 'CREATED' }));
  assert.is(error.code, 'payload-too-large');
  assert.equal(error.details, { sequence: 2, outcome: 'applied' });
  host.trouble.answers = false; // At half time the history tells the outcome.
  const lost = host.during(errorOf(first.send({ type: 'EXTEND', sizeGiB: 2 })), 5_000);
  assert.is((await lost).code, 'payload-too-large');
  assert.equal((await lost).details, { sequence: 3, outcome: 'applied' });
  await client.close();
});

test('what is wrong is refused before it is published', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  const cases: [Promise<unknown>, string][] = [
    [first.create({ sizeGiB: 'big' } as never), 'invalid-input'],
    [first.send({ type: 'EXTEND', sizeGiB: 'big' } as never), 'invalid-event'],
    [first.send({ type: 'EXPLODE' } as never), 'unknown-event'],
    [first.send({ sizeGiB: 1 } as never), 'invalid-event'],
    [client.actor('volume', 'vol-1').send({ type: 'X', at: new Date(0) }), 'not-json-data'],
    [client.actor('snapshot', 's-1').send({ type: 'X' }), 'unknown-type'],
    [client.actor('snapshot', 's-1').create({}), 'unknown-type'],
  ];
  for (const [call, code] of cases) assert.is((await errorOf(call)).code, code);
  assert.throws(() => client.actor(volume, 'no spaces'), /vol|id/);
  assert.equal(host.broker.entries(), []);
  await client.close();
});

test('a second create fails, returns the state, or starts the next incarnation', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 }, { id: 'once' });
  const again = await first.create({ sizeGiB: 1 }, { id: 'once' });
  assert.is(again.sequence, 1, 'the same call told twice');
  assert.instance(await errorOf(first.create({ sizeGiB: 2 })), ActorExistsError);
  const returned = await first.create({ sizeGiB: 2 }, { ifExists: 'return' });
  assert.is(returned.context.sizeGiB, 1);
  const restart = { ifExists: 'restart' } as const;
  assert.instance(await errorOf(first.create({ sizeGiB: 2 }, restart)), ActorExistsError);
  await first.send({ type: 'CREATED' });
  await first.send({ type: 'DELETE' });
  const next = await first.create({ sizeGiB: 3 }, restart);
  assert.is(next.context.sizeGiB, 3);
  assert.is(next.value, 'creating');
  await client.close();
});

test('the same id takes effect once, and later calls get the first outcome', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const other = host.client().client;
  await client.actor(volume, 'vol-1').create({ sizeGiB: 1 });
  await client.actor(volume, 'vol-1').send({ type: 'CREATED' }, { id: 'a' });
  const again = await other.actor(volume, 'vol-1').send({ type: 'CREATED' }, { id: 'a' });
  assert.is(again.value, 'ok');
  const refused = { type: 'CREATED' } as const;
  for (const each of [client, other]) {
    const error = await errorOf(each.actor(volume, 'vol-1').send(refused, { id: 'b' }));
    assert.is(error.code, 'event-refused');
  }
  assert.is(host.broker.entries().length, 3);
});

test('an id that somebody else has used does not swallow the event', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await host.ports.journal.append({
    type: 'volume',
    id: 'vol-2',
    kindToken: 'event',
    body: encodeBody({ type: 'CREATED' }),
    messageId: 'volume/vol-1/mine',
  });
  const state = await first.send({ type: 'CREATED' }, { id: 'mine' });
  assert.is(state.value, 'ok');
  assert.is(host.broker.entries().at(-1)?.headers[HEADER.messageId], 'volume/vol-1/mine~1');
  await client.close();
});

test('a lost answer is found in the history', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.answers = false;
  const state = await host.during(first.send({ type: 'CREATED' }), 6_000);
  assert.is(state.value, 'ok');
  const refused = await errorOf(host.during(first.send({ type: 'CREATED' }), 6_000));
  assert.is(refused.code, 'event-refused');
  await client.close();
});

test('no answer and no host: the sequence is known, the entry waits in the journal', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.answers = false;
  host.trouble.questions = false;
  const error = await errorOf(host.during(first.send({ type: 'CREATED' }), 20_000));
  assert.instance(error, OutcomeUnknownError);
  assert.is(error instanceof OutcomeUnknownError && error.sequence, 2);
  assert.ok(error.retryable);
  await client.close();
});

test('a question that a frozen host has taken is asked again, and another answers', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.questions = false;
  host.clock.after(900, () => (host.trouble.questions = true));
  const startedAt = host.clock.now();
  const state = await host.during(first.load(), 3_000);
  assert.is(state.value, 'creating');
  assert.ok(host.clock.now() - startedAt < 10_000, 'long before its time is over');
  await client.close();
});

test('without the broker it says so, or that nobody knows whether it was stored', async () => {
  const host = await createScriptedHost();
  const { client, ports } = host.client({ timeoutMs: 3_000 });
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  ports.connection.cut();
  const error = await errorOf(host.during(first.send({ type: 'CREATED' }), 5_000));
  assert.is(error.code, 'no-connection');
  ports.connection.restore();

  ports.connection.stall(); // It leaves the process only later.
  const call = first.send({ type: 'CREATED' }, { id: 'x', timeoutMs: 60_000 });
  await host.clock.advance('6s');
  ports.connection.resume();
  assert.is((await host.during(call, 60_000)).value, 'ok');
  assert.is(host.broker.entries().length, 2, 'told twice, stored once');
  await client.close();
});

test('history pages on to the end', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await first.send({ type: 'CREATED' });
  for (let sizeGiB = 2; sizeGiB < 5; sizeGiB += 1) await first.send({ type: 'EXTEND', sizeGiB });
  const events = (await first.history()).map(({ event }) => event);
  assert.equal(events, ['create', 'CREATED', 'EXTEND', 'EXTEND', 'EXTEND']);
  assert.is((await first.history({ limit: 3 })).length, 3);
  assert.equal(
    (await first.history({ from: 4 })).map(({ sequence }) => sequence),
    [4, 5],
  );
  await client.close();
});

test('list merges partitions and pages by id', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const ids = Array.from({ length: 17 }, (_, index) => `vol-${index + 10}`);
  for (const id of ids.toReversed()) await client.actor(volume, id).create({ sizeGiB: 1 });
  for (const id of ['vol-12', 'vol-20']) await client.actor(volume, id).send({ type: 'CREATED' });
  const listed = async (options?: Parameters<typeof client.list>[1]): Promise<string[]> => {
    const found: string[] = [];
    for await (const { id } of client.list('volume', options)) found.push(id);
    return found;
  };
  assert.equal(await listed(), ids);
  assert.equal(await listed({ limit: 5 }), ids.slice(0, 5));
  assert.equal(await listed({ state: 'ok' }), ['vol-12', 'vol-20']);
  assert.is((await listed({ tag: 'busy' })).length, 15);
  await client.close();
});

test('a closed client fails what waits, and refuses what comes', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.answers = false;
  const call = first.send({ type: 'CREATED' });
  const waiting = first.waitFor((state) => state.matches('gone'));
  const failures = Promise.all([errorOf(call), errorOf(waiting)]);
  await host.clock.settle();
  await client.close();
  for (const error of await failures) assert.is(error.code, 'closed');
  assert.is((await errorOf(first.load())).code, 'closed');
  assert.throws(() => client.actor(volume, 'vol-2'), /closed/);
});

test.run();

// Following an actor: waitFor, subscribe, and XState's own waitFor on a handle.
import { encodeJson, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitFor, type ActorRefFrom } from 'xstate';
import { WaitTimeoutError, type ActorHandle } from '../src/index.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';
import { volume } from './volume.machine.ts';

const test = suite('watch');

test('waitFor sees a state that is there already', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await host.event('vol-1', { type: 'CREATED' });
  const state = await client.actor(volume, 'vol-1').waitFor((each) => each.matches('ok'));
  assert.is(state.context.sizeGiB, 1);
  await client.close();
});

test('a state between subscribe and first read is not missed', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  await client.actor(volume, 'vol-1').create({ sizeGiB: 1 });
  for (let turns = 0; turns < 6; turns += 1) {
    const id = `vol-${turns}-race`;
    await client.actor(volume, id).create({ sizeGiB: 1 });
    const waiting = client.actor(volume, id).waitFor((state) => state.matches('ok'));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const body = encodeJson({ type: 'CREATED' });
    await host.ports.journal.append({ type: 'volume', id, kindToken: 'event', body });
    assert.is((await waiting).value, 'ok');
  }
  await client.close();
});

test('a predicate on value and tags costs no question per state', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  const waiting = first.waitFor((state) => state.matches('gone') && !state.hasTag('busy'));
  await host.clock.settle();
  const before = host.questions();
  await host.event('vol-1', { type: 'CREATED' });
  for (let sizeGiB = 2; sizeGiB < 20; sizeGiB += 1)
    await host.event('vol-1', { type: 'EXTEND', sizeGiB });
  assert.is(host.questions(), before);
  await host.event('vol-1', { type: 'DELETE' });
  const gone = await waiting;
  assert.equal(gone.output, { freedGiB: 19 });
  assert.is(host.questions(), before + 1);
  await client.close();
});

test('a predicate on the context is tried on full states', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await first.send({ type: 'CREATED' });
  const waiting = first.waitFor(({ context }) => context.sizeGiB >= 3);
  await host.clock.settle();
  for (const sizeGiB of [2, 3]) await host.event('vol-1', { type: 'EXTEND', sizeGiB });
  assert.is((await waiting).context.sizeGiB, 3);
  await client.close();
});

test('a state that passed before it could be read still counts', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  const waiting = first.waitFor((state) => state.matches('ok'));
  await host.clock.settle();
  host.trouble.questions = false; // By the time the state is read, it has moved on.
  await host.event('vol-1', { type: 'CREATED' });
  await host.event('vol-1', { type: 'DELETE' });
  host.trouble.questions = true;
  const state = await host.during(waiting, 15_000);
  assert.is(state.value, 'ok');
  assert.is(state.sequence, 2);
  assert.throws(() => state.context, /has left the awaited state/);
  await client.close();
});

test('a lost notice is made up for by a read; a reconnect reads at once', async () => {
  const host = await createScriptedHost();
  const { client, ports } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  const ok = first.waitFor((state) => state.matches('ok'));
  await host.clock.settle();
  host.trouble.notices = false;
  await host.event('vol-1', { type: 'CREATED' });
  assert.is((await host.during(ok, 20_000)).value, 'ok');

  host.trouble.notices = true;
  const gone = first.waitFor((state) => state.matches('gone'));
  await host.clock.settle();
  ports.connection.cut();
  await host.event('vol-1', { type: 'DELETE' });
  ports.connection.restore();
  assert.is((await host.during(gone, 1_000)).value, 'gone');
  await client.close();
});

test('waitFor gives up with the last state, and passes on what the predicate throws', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  const waiting = first.waitFor((state) => state.matches('gone'), { timeoutMs: 1_000 });
  const error = await host.during(waiting, 2_000).catch((thrown: unknown) => thrown);
  assert.instance(error, WaitTimeoutError);
  assert.is(error instanceof WaitTimeoutError && error.state?.value, 'creating');
  const broken = first.waitFor(() => {
    throw new TypeError('in the predicate');
  });
  assert.match(String(await broken.catch((thrown: unknown) => thrown)), /in the predicate/);
  await client.close();
});

test('an actor that is not there yet can be waited for', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const waiting = client.actor(volume, 'vol-1').waitFor((state) => state.matches('ok'));
  await host.clock.settle();
  await client.actor(volume, 'vol-1').create({ sizeGiB: 1 });
  await host.event('vol-1', { type: 'CREATED' });
  assert.is((await host.during(waiting, 1_000)).value, 'ok');
  await client.close();
});

test('subscribe tells each new state once and completes at the end', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  assert.is(first.getSnapshot().status, 'unknown');
  assert.is(first.getSnapshot().matches('ok'), false);
  assert.throws(() => first.getSnapshot().context, /load\(\)/);
  const seen: unknown[] = [];
  let completed = 0;
  first.subscribe({ next: ({ value }) => seen.push(value), complete: () => (completed += 1) });
  const other: number[] = [];
  const subscription = first.subscribe(({ sequence }) => other.push(sequence));
  await first.create({ sizeGiB: 1 });
  await host.clock.settle();
  assert.is(first.getSnapshot(), first.getSnapshot(), 'stable between changes');
  await host.event('vol-1', { type: 'CREATED' });
  subscription.unsubscribe();
  await first.send({ type: 'DELETE' });
  await host.clock.settle();
  assert.equal(seen, ['creating', 'ok', 'gone']);
  assert.equal(other, [1, 2]);
  assert.is(completed, 1);
  assert.is(host.clock.nextDueAt(), undefined, 'nothing goes on behind the back');
  await client.close();
});

test("XState's own waitFor works on a handle", async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  // A handle has the two methods that waitFor and useSelector read; its type has no more.
  const ref = first as unknown as ActorRefFrom<typeof volume>;
  const waiting = waitFor(ref, (state) => state.matches('ok'));
  await host.event('vol-1', { type: 'CREATED' });
  assert.is((await waiting).context.sizeGiB, 1);
  await client.close();
});

test('load reads the head, and says what is missing', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  const missing = await first.load().catch((error: unknown) => error);
  assert.is(missing instanceof PawlError && missing.code, 'no-such-actor');
  await first.create({ sizeGiB: 1 });
  await host.event('vol-1', { type: 'CREATED' });
  assert.is((await first.load()).value, 'ok');
  host.trouble.questions = false;
  const silent = await host.during(first.load(), 15_000).catch((error: unknown) => error);
  assert.is(silent instanceof PawlError && silent.code, 'no-answer');
  assert.match(String(silent), /storage/);
  await client.close();
});

/** Subscribes and notes all that is told. */
const heardBy = (handle: ActorHandle<typeof volume>): string[] => {
  const heard: string[] = [];
  handle.subscribe({
    next: ({ status, value }) => heard.push(`${status} ${String(value)}`),
    error: (error) => heard.push(error instanceof PawlError ? error.code : String(error)),
    complete: () => heard.push('complete'),
  });
  return heard;
};

test('subscribe: a faulted actor is an error after its state, and the end of the subscription', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  await first.send({ type: 'CREATED' });
  const heard = heardBy(client.actor(volume, 'vol-1'));
  await host.event('vol-1', { type: 'BREAK' });
  await host.event('vol-1', { type: 'DELETE' });
  assert.equal(heard, ['active ok', 'faulted ok', 'actor-faulted']);
  assert.equal(await heardOf(client.actor(volume, 'vol-1'), host), ['faulted ok', 'actor-faulted']);
  await client.close();
});

const heardOf = async (
  handle: ActorHandle<typeof volume>,
  { clock }: ScriptedHost,
): Promise<string[]> => {
  const heard = heardBy(handle);
  await clock.settle();
  return heard;
};

test('subscribe: an actor that ends completes, a client that is closed is an error', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  for (const id of ['vol-1', 'vol-2']) {
    await client.actor(volume, id).create({ sizeGiB: 1 });
    await client.actor(volume, id).send({ type: 'CREATED' });
  }
  const ended = heardBy(client.actor(volume, 'vol-1'));
  const cut = heardBy(client.actor(volume, 'vol-2'));
  await host.event('vol-1', { type: 'DELETE' });
  await client.close();
  assert.equal(ended, ['active ok', 'done gone', 'complete']);
  assert.equal(cut, ['active ok', 'closed']);
});

test('what a host refuses for good ends subscriptions and waits, and is not asked for ever', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  const first = client.actor(volume, 'vol-1');
  await first.create({ sizeGiB: 1 });
  host.trouble.refusal = { code: 'payload-too-large', message: 'The state is too large.' };
  const handle = client.actor(volume, 'vol-1');
  const heard = heardBy(handle);
  const waiting = handle.waitFor((state) => state.matches('ok'));
  const failure = waiting.catch((error: unknown) => error);
  await host.clock.advance('2s');
  assert.equal(heard, ['payload-too-large']);
  const error = await failure;
  assert.is(error instanceof PawlError && error.code, 'payload-too-large');
  await client.close();
});

test.run();

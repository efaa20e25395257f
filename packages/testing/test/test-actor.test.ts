// testActor: scripts, time, refusals, and what it shows of an actor.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PawlError } from '@pawl/core';
import { ActorFaultedError, EventRefusedError } from '@pawl/client';
import { failed, never, pending, testActor } from '@pawl/testing';
import { task } from '@pawl/worker';
import { assign, setup } from 'xstate';
import { awaitVolume, createVolume, volume } from './volume.machine.ts';

const test = suite('testActor');

const input = { name: 'data', sizeGiB: 20 };
const ready = [{ ready: true }] as const;

/** The code that a promise rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof PawlError ? error.code : String(error)),
  );

test('a scripted task takes the actor on', async () => {
  const vol = testActor(volume, {
    input,
    tasks: { createVolume: ({ name }) => ({ backendId: `b-${name}` }), awaitVolume: ready },
  });
  assert.is(vol.state.value, 'creating');
  assert.ok(vol.state.hasTag('busy'));
  await vol.settle();
  assert.ok(vol.state.matches('ok'));
  assert.equal(vol.state.context, { ...input, backendId: 'b-data' });
  assert.equal(
    vol.commands.map(({ task: name, attempt, class: queueClass }) => [name, attempt, queueClass]),
    [
      ['create-volume', 1, 'regular'],
      ['await-volume', 1, 'regular'],
    ],
  );
});

test('an event is sent as a client sends it, and refused as a client is', async () => {
  const vol = testActor(volume, {
    input,
    tasks: { createVolume: async () => ({ backendId: 'b' }), awaitVolume: ready },
  });
  const state = await vol.send({ type: 'EXTEND', sizeGiB: 40 });
  assert.is(state.context.sizeGiB, 40);
  // @ts-expect-error: no such event
  const unknown = vol.send({ type: 'SHRINK' });
  const wrong = await unknown.catch((error: unknown) => error);
  assert.instance(wrong, EventRefusedError);
  assert.is((wrong as EventRefusedError).code, 'unknown-event');
  const refused = await vol.send({ type: 'RETRY' }).catch((error: unknown) => error);
  assert.instance(refused, EventRefusedError);
  assert.equal((refused as EventRefusedError).accepts, ['DELETE', 'EXTEND']);
  await vol.send({ type: 'DELETE' });
  assert.is(vol.state.status, 'done');
  assert.equal(vol.state.output, { backendId: 'b' });
  assert.is(await codeOf(vol.send({ type: 'DELETE' })), 'actor-ended');
});

test('failed attempts are tried again after their backoff, in virtual time', async () => {
  const vol = testActor(volume, {
    input,
    tasks: {
      createVolume: [failed({ code: 'quota' }), failed({ code: 'busy' }), { backendId: 'third' }],
      awaitVolume: ready,
    },
  });
  const nextTimerIn = (): number => {
    const timers = vol.state.waitingFor.filter(({ what }) => what === 'timer');
    return Math.min(...timers.map(({ until = Infinity }) => until)) - vol.clock.now();
  };
  await vol.settle();
  assert.is(vol.state.waitingFor.find(({ what }) => what === 'command')?.status, 'backoff');
  await vol.clock.advance(nextTimerIn() - 1);
  assert.is(vol.commands.length, 1);
  await vol.clock.advance(1);
  assert.is(vol.commands.length, 2);
  await vol.clock.advance(nextTimerIn());
  assert.is(vol.state.context.backendId, 'third');
  assert.is(new Set(vol.commands.slice(0, 3).map(({ idempotencyKey }) => idempotencyKey)).size, 1);
});

test('a failure that may not be tried again reaches onError at once', async () => {
  const vol = testActor(volume, {
    input,
    tasks: { createVolume: failed({ code: 'quota', retryable: false }) },
  });
  await vol.settle();
  assert.is(vol.state.value, 'erred');
  assert.is(vol.state.context.error, 'quota');
});

test('a task that throws is a failed attempt, one that hangs a timeout', async () => {
  const throwing = testActor(volume, {
    input,
    tasks: {
      createVolume: () => {
        throw new Error('connection reset');
      },
    },
  });
  await throwing.clock.advance('10s');
  assert.is(throwing.state.context.error, 'task-failed');
  assert.is(throwing.commands.length, 3);
  const hanging = testActor(volume, {
    input,
    tasks: { createVolume: () => new Promise<never>(() => undefined) },
  });
  await hanging.clock.advance('59s');
  assert.is(hanging.state.value, 'creating');
  await hanging.clock.advance('5m');
  assert.is(hanging.state.context.error, 'task-timeout');
});

test('polls are no attempts and leave no trace in the journal', async () => {
  const vol = testActor(volume, {
    input,
    tasks: { createVolume: () => ({ backendId: 'b' }), awaitVolume: [pending(3), { ready: true }] },
  });
  await vol.clock.advance('59s');
  const entries = vol.journal.length;
  assert.is(vol.state.value, 'awaiting');
  await vol.clock.advance('1s');
  assert.is(vol.state.value, 'ok');
  assert.is(vol.journal.length, entries + 1);
  assert.is(vol.commands.length, 2);
});

test('a command that nobody answers ends at its deadline', async () => {
  const vol = testActor(volume, { input, tasks: { createVolume: never } });
  await vol.clock.advance('59m');
  assert.is(vol.state.value, 'creating');
  await vol.clock.advance('1m');
  assert.is(vol.state.context.error, 'deadline-exceeded');
  const polling = testActor(volume, {
    input,
    tasks: { createVolume: () => ({ backendId: 'b' }), awaitVolume: pending() },
  });
  await polling.clock.advance('11m');
  assert.is(polling.state.context.error, 'deadline-exceeded');
});

test('after fires in virtual time', async () => {
  const slow = setup({}).createMachine({
    id: 'slow',
    version: '1',
    initial: 'waiting',
    states: { waiting: { after: { 600_000: 'late' } }, late: {} },
  });
  const actor = testActor(slow);
  await actor.clock.advance('9m');
  assert.is(actor.state.value, 'waiting');
  await actor.clock.advance('1m');
  assert.is(actor.state.value, 'late');
  assert.equal(
    actor.effects.map(({ kind }) => kind),
    ['arm'],
  );
});

test("leaving the state aborts the task's signal; a late success is not forgotten", async () => {
  let aborted = false;
  const vol = testActor(volume, {
    input,
    tasks: {
      createVolume: () => ({ backendId: 'b' }),
      awaitVolume: (_input, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve({ ready: true });
          });
        }),
    },
  });
  await vol.send({ type: 'DELETE' });
  assert.ok(aborted);
  assert.ok(vol.effects.some(({ kind }) => kind === 'cancel'));
  assert.ok(vol.journal.some(({ kindToken }) => kindToken === 'reply-storage'));
});

test('a task without a script and a list that is over fail the test', async () => {
  assert.is(await codeOf(testActor(volume, { input }).settle()), 'task-missing');
  const over = testActor(volume, { input, tasks: { createVolume: [failed({ code: 'busy' })] } });
  assert.is(await codeOf(over.settle()), 'none');
  assert.is(await codeOf(over.clock.advance('1m')), 'task-missing');
});

test("the worker's own tasks can play", async () => {
  const vol = testActor(volume, {
    input,
    tasks: [
      task(createVolume, async ({ name }) => ({ backendId: `real-${name}` })),
      task(awaitVolume, () => ({ ready: true })),
    ],
  });
  await vol.settle();
  assert.is(vol.state.context.backendId, 'real-data');
});

test('wrong input is refused at once; a wrong output is a failed task', async () => {
  // @ts-expect-error: sizeGiB is a number
  assert.throws(() => testActor(volume, { input: { name: 'x', sizeGiB: '20' } }), /sizeGiB/);
  // @ts-expect-error: an input is needed
  assert.throws(() => testActor(volume), /does not match/);
  const vol = testActor(volume, {
    input,
    // @ts-expect-error: backendId is missing
    tasks: { createVolume: () => ({ id: 'b' }) },
  });
  await vol.settle();
  assert.is(vol.state.context.error, 'invalid-output');
  // @ts-expect-error: no such task
  testActor(volume, { input, tasks: { destroyVolume: never } });
});

test('history tells what each entry did', async () => {
  const vol = testActor(volume, {
    input,
    tasks: { createVolume: () => ({ backendId: 'b' }), awaitVolume: ready },
  });
  await vol.send({ type: 'DELETE' });
  assert.equal(
    vol.history().map(({ event, before, after }) => [event, before, after]),
    [
      ['create', undefined, 'creating'],
      ['create-volume done', 'creating', 'awaiting'],
      ['await-volume done', 'awaiting', 'ok'],
      ['DELETE', 'ok', 'gone'],
    ],
  );
});

test('a fault is an ActorFaultedError, and what a replay would not repeat is found', async () => {
  const thrower = setup({}).createMachine({
    id: 'thrower',
    version: '1',
    initial: 'idle',
    states: {
      idle: {
        on: {
          BREAK: {
            guard: () => {
              throw new Error('broken guard');
            },
            target: 'idle',
          },
        },
      },
    },
  });
  const error = await testActor(thrower)
    .send({ type: 'BREAK' })
    .catch((thrown: unknown) => thrown);
  assert.instance(error, ActorFaultedError);
  assert.match((error as Error).message, /broken guard/);
  let count = 0;
  const random = setup({ types: { context: { count: 0 } } }).createMachine({
    id: 'random',
    version: '1',
    context: { count: 0 },
    on: { GO: { actions: assign({ count: () => (count += 1) }) } },
  });
  const found = await testActor(random)
    .send({ type: 'GO' })
    .catch((thrown: unknown) => thrown);
  assert.match((found as Error).message, /twice gave two results/);
});

test('a machine that fails the registration check is not acted with', () => {
  const nameless = setup({}).createMachine({ id: 'nameless', initial: 'a', states: { a: {} } });
  assert.throws(() => testActor(nameless), /needs a version/);
});

test('two hundred tests take no time', async () => {
  const startedAt = performance.now();
  for (let index = 0; index < 200; index += 1) {
    const vol = testActor(volume, {
      input,
      tasks: { createVolume: () => ({ backendId: 'b' }), awaitVolume: ready },
    });
    await vol.send({ type: 'DELETE' });
  }
  const each = (performance.now() - startedAt) / 200;
  assert.ok(each < 100, `${each.toFixed(1)} ms each`);
});

test.run();

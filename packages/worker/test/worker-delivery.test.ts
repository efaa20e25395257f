// The worker against a broker in memory: repeats, crashes, lost connections, slots and the stop.
import { command, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { startWorker, task } from '../src/index.ts';
import type { Task, Worker, WorkerOptions } from '../src/index.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

const schemas = {
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
};
const createVolume = command({ name: 'create-volume', service: 'storage', ...schemas });

const start = (
  host: ScriptedHost,
  tasks: readonly Task[],
  options: Partial<WorkerOptions> = {},
): Promise<Worker> =>
  startWorker({
    ports: host.workerPorts,
    service: 'storage',
    tasks,
    clock: host.clock,
    ...options,
  });

/** A task that runs until the test lets it go. */
const createGate = () => {
  const open: (() => void)[] = [];
  return {
    running: () => open.length,
    openAll: () => {
      for (const release of open.splice(0)) release();
    },
    task: task(createVolume, async (input) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return { backendId: input.name };
    }),
  };
};

const test = suite('worker delivery');

test('at most as many run as there are slots, per class', async () => {
  const host = createScriptedHost();
  const gate = createGate();
  const worker = await start(host, [gate.task], { slots: { regular: 2, heavy: 1, background: 0 } });
  for (let count = 0; count < 8; count += 1) await host.publish('create-volume', { name: 'x' });
  for (let count = 0; count < 2; count += 1)
    await host.publish('create-volume', { name: 'x' }, { class: 'heavy' });
  await host.publish('create-volume', { name: 'x' }, { class: 'background' });
  await host.clock.settle();
  assert.is(gate.running(), 3);
  for (const running of [3, 2, 2, 0]) {
    gate.openAll();
    await host.clock.settle();
    assert.is(gate.running(), running);
  }
  assert.is(host.replies().length, 10);
  assert.is(host.broker.commands('background').length, 1, 'left to other workers');
  await worker.stop();
});

test('a long task is extended and not delivered twice', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const gate = createGate();
  const worker = await start(host, [gate.task]);
  await host.publish('create-volume', { name: 'x' }, { timeoutMs: 600_000 });
  await host.clock.advance('5m');
  assert.is(worker.stats().delivered, 1);
  gate.openAll();
  await host.clock.settle();
  assert.is(host.replies().length, 1);
  await worker.stop();
});

test('a redelivered command that nobody waits for is dropped unrun', async () => {
  const host = createScriptedHost();
  host.answerPending(() => false);
  const gate = createGate();
  const dying = await start(host, [gate.task], { ports: host.broker.ports('dying') });
  await host.publish('create-volume', { name: 'x' });
  await host.clock.settle();
  assert.is(gate.running(), 1);
  const stopped = dying.stop({ graceMs: 0 });
  await host.clock.advance('2s');
  await stopped;
  const worker = await start(host, [gate.task]);
  await host.clock.advance('1m');
  assert.is(worker.stats().dropped, 1);
  assert.is(gate.running(), 1, 'not run a second time');
  assert.equal(host.broker.commands(), []);
  await worker.stop();
});

test('while no host answers, a suspicious command waits and is no crash', async () => {
  const host = createScriptedHost();
  const gate = createGate();
  await host.publish('create-volume', { name: 'x' });
  await host.clock.advance('40s'); // Nobody took it: it is old by now.
  const worker = await start(host, [gate.task]);
  await host.clock.advance('1m');
  assert.ok(worker.stats().handedBack > 10);
  assert.is(gate.running(), 0);
  host.answerPending(() => true);
  await host.clock.advance('5s');
  assert.is(gate.running(), 1);
  gate.openAll();
  await host.clock.settle();
  assert.is(host.replies()[0]?.outcome, 'done');
  await worker.stop();
});

test('a command that ends its worker three times is answered without running', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  let calls = 0;
  const poison = task(createVolume, () => {
    calls += 1;
    return new Promise<never>(() => undefined);
  });
  await host.publish('create-volume', { name: 'x' });
  for (let count = 0; count < 3; count += 1) {
    const ports = host.broker.ports(`victim-${count}`);
    await start(host, [poison], { ports });
    await host.clock.advance('31s');
    ports.connection.close();
    await host.clock.advance('31s');
  }
  const worker = await start(host, [poison]);
  await host.clock.advance('1m');
  assert.is(calls, 3);
  const [reply] = host.replies();
  assert.is(reply?.outcome === 'failed' && reply.error.code, 'worker-crashed');
  await worker.stop();
});

test('what ran beside a command that ends its worker each time is done all the same', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  let endWorker = (): void => undefined;
  const work = task(createVolume, async ({ name }) => {
    if (name === 'poison') endWorker();
    await new Promise<void>((resolve) => host.clock.after(100, resolve));
    return { backendId: name };
  });
  for (const name of ['one', 'two', 'poison', 'three', 'four'])
    await host.publish('create-volume', { name });
  for (let count = 0; count < 6; count += 1) {
    const ports = host.broker.ports(`worker-${count}`);
    endWorker = () => void host.clock.after(50, () => ports.connection.close());
    await start(host, [work], { ports });
    await host.clock.advance('40s');
  }
  const replies = host.replies();
  assert.is(replies.filter(({ outcome }) => outcome === 'done').length, 4);
  const failed = replies.flatMap((reply) => (reply.outcome === 'failed' ? [reply.error.code] : []));
  assert.equal(failed, ['worker-crashed']);
});

test('a task that nobody has is given back, then answered as missing', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const worker = await start(host, [createGate().task]);
  await host.publish('shrink-volume', { name: 'x' });
  await host.clock.advance('29s');
  assert.equal(host.replies(), []);
  await host.clock.advance('10s');
  const [reply] = host.replies();
  assert.is(reply?.outcome === 'failed' && reply.error.code, 'task-missing');
  await worker.stop();
});

test('a reply waits for the broker as long as it takes', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const gate = createGate();
  const worker = await start(host, [gate.task]);
  await host.publish('create-volume', { name: 'x' });
  await host.clock.settle();
  host.workerPorts.connection.cut();
  gate.openAll();
  await host.clock.advance('20s');
  assert.equal(host.replies(), []);
  assert.ok(worker.stats().replyRetries > 3);
  host.workerPorts.connection.restore();
  await host.clock.advance('1m');
  assert.ok(host.replies().length >= 1);
  assert.equal(host.broker.commands(), []);
  await worker.stop();
});

test('an output larger than the broker takes is answered as a failure', async () => {
  const host = createScriptedHost();
  const worker = await start(host, [
    task(createVolume, () => ({ backendId: 'x'.repeat(2_000_000) })),
  ]);
  await host.publish('create-volume', { name: 'x' });
  await host.clock.settle();
  const [reply] = host.replies();
  assert.is(reply?.outcome === 'failed' && reply.error.code, 'payload-too-large');
  await worker.stop();
});

test('stop lets running tasks finish, and gives back those that do not', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const gate = createGate();
  const worker = await start(host, [gate.task]);
  await host.publish('create-volume', { name: 'x' });
  await host.clock.settle();
  const stopped = worker.stop();
  await host.publish('create-volume', { name: 'y' });
  await host.clock.settle();
  assert.is(gate.running(), 1, 'it takes no more');
  gate.openAll();
  await host.clock.settle();
  await stopped;
  assert.is(host.replies().length, 1);

  const second = await start(host, [gate.task], { ports: host.broker.ports('second') });
  await host.clock.settle();
  assert.is(gate.running(), 1);
  const secondStopped = second.stop({ graceMs: 1_000 });
  await host.clock.advance('3s');
  await secondStopped;
  assert.is(second.stats().handedBack, 1);

  const third = await start(host, [gate.task], { ports: host.broker.ports('third') });
  await host.clock.settle();
  assert.is(gate.running(), 2, 'the next worker has it at once');
  gate.openAll();
  await host.clock.settle();
  await third.stop();
});

test('a task of another service, or two of a name, do not start', async () => {
  const host = createScriptedHost();
  const foreign = command({ name: 'create-volume', service: 'compute', ...schemas });
  const { task: own } = createGate();
  for (const tasks of [[task(foreign, () => ({ backendId: 'x' }))], [own, own]]) {
    const failure = await start(host, tasks).catch((error: unknown) => error);
    assert.is(failure instanceof PawlError && failure.code, 'invalid-name');
  }
});

test.run();

// The worker against a broker in memory and a scripted host: outcomes of tasks.
import { command, decodeBody, HEADER, type WorkerBeatBody } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { pending, permanentError, startWorker, task } from '../src/index.ts';
import type { Task, TaskContext, Worker } from '../src/index.ts';
import { createTaskTimings } from '../src/task-timings.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
  poll: { everyMs: 5_000 },
  deadlineMs: 600_000,
});

const start = (host: ScriptedHost, tasks: readonly Task[]): Promise<Worker> =>
  startWorker({ ports: host.workerPorts, service: 'storage', tasks, clock: host.clock });

const test = suite('worker');

test('a task runs, its reply is appended, then the command is acknowledged', async () => {
  const host = createScriptedHost();
  let seen: TaskContext | undefined;
  const worker = await start(host, [
    task(createVolume, (input, context) => {
      seen = context;
      return { backendId: `backend-${input.name}` };
    }),
  ]);
  const id = await host.publish('create-volume', { name: 'data' });
  await host.clock.settle();
  assert.equal(host.replies(), [
    {
      task: 'create-volume',
      path: 'create',
      generation: '1-0-abcdefgh',
      outcome: 'done',
      output: { backendId: 'backend-data' },
      cause: id,
    },
  ]);
  const [entry] = host.broker.entries(host.actor);
  assert.is(entry?.kindToken, 'reply-storage');
  assert.is(entry?.headers[HEADER.messageId], undefined, 'replies carry no message id');
  assert.is(entry?.headers[HEADER.traceparent], '00-trace');
  assert.equal(host.broker.commands(), []);
  assert.is(seen?.idempotencyKey, id);
  assert.is(seen?.attempt, 1);
  assert.is(seen?.isRedelivery, false);
  assert.equal(seen?.actor, host.actor);
  const { done, delivered, running } = worker.stats();
  assert.equal({ done, delivered, running }, { done: 1, delivered: 1, running: 0 });
  assert.is((await host.ports.registry.task('storage', 'create-volume'))?.job, false);
  await worker.stop();
});

test('a worker says what it serves and how long its tasks take', async () => {
  const host = createScriptedHost();
  const beats: WorkerBeatBody[] = [];
  host.ports.bus.subscribe(host.ports.subjects.workerBeat('storage', '*'), ({ body }) => {
    beats.push(decodeBody(body) as unknown as WorkerBeatBody);
  });
  const worker = await startWorker({
    ports: host.workerPorts,
    service: 'storage',
    name: 'one',
    tasks: [
      task(createVolume, async () => {
        await new Promise<void>((resolve) => host.clock.after(40_000, resolve));
        return { backendId: 'b' };
      }),
    ],
    clock: host.clock,
  });
  await host.publish('create-volume', { name: 'data' });
  await host.clock.advance(60_000);
  const [timing] = worker.timings();
  assert.is(timing?.task, 'create-volume');
  assert.is(timing?.class, 'regular');
  assert.is(timing?.runs, 1);
  assert.ok((timing?.runP95Ms ?? 0) >= 30_000, JSON.stringify(timing));
  const last = beats.at(-1);
  assert.is(last?.worker, 'one');
  assert.equal(last?.tasks, ['create-volume']);
  assert.equal(last?.timings, worker.timings());
  await worker.stop();
  const count = beats.length;
  await host.clock.advance(10_000);
  assert.is(beats.length, count);
});

test('timings keep the last runs and tell the nearest rank', () => {
  const timings = createTaskTimings();
  for (let runMs = 1; runMs <= 1000; runMs += 1)
    timings.add({ task: 't', class: 'heavy', runMs, waitMs: runMs % 2 === 0 ? 5 : undefined });
  assert.equal(timings.list(), [
    { task: 't', class: 'heavy', runs: 1000, runMedianMs: 900, runP95Ms: 990, waitP95Ms: 5 },
  ]);
});

test('a class is constructed once, an instance keeps its dependencies', async () => {
  const host = createScriptedHost();
  let constructed = 0;
  class CreateVolume {
    readonly prefix: string;
    constructor(prefix = 'b') {
      constructed += 1;
      this.prefix = prefix;
    }
    async run(input: { name: string }): Promise<{ backendId: string }> {
      return { backendId: `${this.prefix}-${input.name}` };
    }
  }
  const deleteVolume = command({
    name: 'delete-volume',
    service: 'storage',
    input: z.object({ name: z.string() }),
    output: z.object({ backendId: z.string() }),
  });
  const worker = await start(host, [
    task(createVolume, CreateVolume),
    task(deleteVolume, new CreateVolume('gone')),
  ]);
  await host.publish('create-volume', { name: '1' });
  await host.publish('create-volume', { name: '2' });
  await host.publish('delete-volume', { name: '3' });
  await host.clock.settle();
  const outputs = host
    .replies()
    .map((reply) => (reply.outcome === 'done' ? reply.output : undefined));
  assert.equal(outputs, [{ backendId: 'b-1' }, { backendId: 'b-2' }, { backendId: 'gone-3' }]);
  assert.is(constructed, 2);
  await worker.stop();
});

test('failures carry the code of the task; wrong input does not reach it', async () => {
  const host = createScriptedHost();
  let calls = 0;
  const worker = await start(host, [
    task(createVolume, ({ name }) => {
      calls += 1;
      if (name === 'quota') throw permanentError('quota-exceeded', 'Three volumes at most.');
      throw new Error('boom');
    }),
  ]);
  await host.publish('create-volume', { name: 'quota' });
  await host.publish('create-volume', { name: 'x' });
  await host.publish('create-volume', { name: 7 });
  await host.clock.settle();
  const errors = host
    .replies()
    .map((reply) => reply.outcome === 'failed' && [reply.error.code, reply.error.retryable]);
  assert.equal(errors, [
    ['quota-exceeded', false],
    ['task-failed', true],
    ['invalid-input', false],
  ]);
  assert.is(calls, 2);
  await worker.stop();
});

test('pending asks again after the interval of the contract, with the last details', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const calls: { at: number; lastDetails: unknown; isRedelivery: boolean }[] = [];
  const started = host.clock.now();
  const worker = await start(host, [
    task(createVolume, (input, { lastDetails, isRedelivery }) => {
      calls.push({ at: host.clock.now() - started, lastDetails, isRedelivery });
      if (calls.length === 6) return { backendId: input.name };
      return pending({ details: { poll: calls.length } });
    }),
  ]);
  await host.publish('create-volume', { name: 'slow' });
  await host.clock.advance('40s');
  assert.equal(
    calls.map(({ at }) => at),
    [0, 5_000, 10_000, 15_000, 20_000, 25_000],
  );
  assert.equal(calls.at(-1)?.lastDetails, { poll: 5 });
  assert.is(calls.at(-1)?.isRedelivery, true);
  assert.is(host.replies()[0]?.polled, true);
  assert.is(worker.stats().polled, 5);
  await worker.stop();
});

test('a poll that outlives the deadline is answered', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const worker = await start(host, [task(createVolume, () => pending())]);
  await host.publish('create-volume', { name: 'slow' }, { deadlineAt: host.clock.now() + 12_000 });
  await host.clock.advance('30s');
  const [reply] = host.replies();
  assert.is(reply?.outcome === 'failed' && reply.error.code, 'deadline-exceeded');
  await worker.stop();
});

test('a task over its timeout is answered at once, and its late success is told', async () => {
  const host = createScriptedHost();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let reason: unknown;
  const worker = await start(host, [
    task(createVolume, async (input, { signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      await gate;
      return { backendId: input.name };
    }),
  ]);
  await host.publish('create-volume', { name: 'late' }, { timeoutMs: 1_000 });
  await host.clock.advance('2s');
  const [reply] = host.replies();
  assert.is(reply?.outcome === 'failed' && reply.error.code, 'task-timeout');
  assert.is(reason instanceof Error && reason.name, 'TimeoutError');
  assert.is(worker.stats().running, 1, 'it keeps its slot');
  assert.equal(host.broker.commands(), []);
  open();
  await host.clock.settle();
  assert.equal(
    host.replies().map(({ outcome }) => outcome),
    ['failed', 'done'],
  );
  await worker.stop();
});

test('progress is kept, and the next attempt finds it', async () => {
  const host = createScriptedHost();
  host.answerPending(() => true);
  const details: unknown[] = [];
  const worker = await start(host, [
    task(createVolume, async (_input, { attempt, lastDetails, progress }) => {
      details.push(lastDetails);
      await progress({ attempt });
      throw new Error('again');
    }),
  ]);
  const first = await host.publish('create-volume', { name: 'x' }, { generation: '7-0-aaaaaaaa' });
  await host.clock.settle();
  for (const [attempt, generation] of ['8-0-bbbbbbbb', '9-0-cccccccc'].entries()) {
    const changes = { generation, attempt: attempt + 2, idempotencyKey: first };
    await host.publish('create-volume', { name: 'x' }, changes);
    await host.clock.settle();
  }
  assert.equal(details, [undefined, { attempt: 1 }, { attempt: 2 }]);
  const { actor } = host;
  const key = { service: 'storage', actor, generation: '9-0-cccccccc' };
  assert.equal((await host.ports.progress.load(key))?.details, { attempt: 3 });
  await worker.stop();
});

test('a cancel aborts what runs and is remembered for what is still to come', async () => {
  const host = createScriptedHost();
  let calls = 0;
  const worker = await start(host, [
    task(
      createVolume,
      (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          calls += 1;
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    ),
  ]);
  const id = await host.publish('create-volume', { name: 'x' });
  await host.clock.settle();
  host.cancel(id);
  host.cancel('volume/vol-1/create@2-0-abcdefgh');
  await host.clock.settle();
  await host.publish('create-volume', { name: 'y' });
  await host.clock.settle();
  assert.equal(
    host.replies().map(({ outcome, generation }) => [outcome, generation]),
    [
      ['cancelled', '1-0-abcdefgh'],
      ['cancelled', '2-0-abcdefgh'],
    ],
  );
  assert.is(calls, 1);
  await worker.stop();
});

test.run();

// Host, worker and client over a broker in memory: every message they send matches its schema.
import { openClient, CommandFailedError } from '@pawl/client';
import { command, decodeBody, schemasOf, type BusMessage } from '@pawl/core';
import { startHost } from '@pawl/host';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import { pending, permanentError, startWorker, task } from '@pawl/worker';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { schemaNameOf, validateBody, validateWire } from './wire-validator.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
  poll: { everyMs: 1_000 },
  deadlineMs: 60_000,
});
const addNumbers = command({
  name: 'add-numbers',
  service: 'storage',
  encoding: 'json',
  job: true,
  input: z.object({ x: z.number(), y: z.number() }),
  output: z.object({ sum: z.number() }),
});
const clean = command({
  name: 'clean',
  service: 'storage',
  job: true,
  input: z.object({}),
  output: z.void(),
});
const { types, schemas } = schemasOf({
  input: z.object({ name: z.string() }),
  context: z.object({ name: z.string(), backendId: z.string().optional() }),
  events: { DELETE: z.object({}) },
});
const volume = setup({ types, schemas, actors: { createVolume } }).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({ name: input.name }),
  states: {
    creating: {
      invoke: {
        id: 'create',
        src: 'createVolume',
        input: ({ context }) => ({ name: context.name }),
        onDone: {
          target: 'ok',
          actions: assign({ backendId: ({ event }) => event.output.backendId }),
        },
        onError: 'erred',
      },
      after: { 600_000: 'erred' },
      on: { DELETE: 'gone' },
    },
    ok: { on: { DELETE: 'gone' } },
    erred: { on: { DELETE: 'gone' } },
    gone: { type: 'final' },
  },
});

const tasks = [
  task(createVolume, async ({ name }, { lastDetails, progress, signal }) => {
    if (name === 'quota') throw permanentError('quota-exceeded', 'Three volumes at most.');
    if (name === 'stuck')
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    await progress({ step: 1 });
    return lastDetails === undefined
      ? pending({ details: { asked: 1 } })
      : { backendId: `b-${name}` };
  }),
  task(addNumbers, ({ x, y }) => {
    if (x < 0) throw permanentError('negative', 'No negative numbers.');
    return { sum: x + y };
  }),
  task(clean, () => undefined),
];

/** Everything running, and a recorder on the wire. */
const open = async () => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock, partitions: 4 });
  const seen: BusMessage[] = [];
  broker.ports('recorder').bus.subscribe('pawl.>', (message) => seen.push(message));
  const host = await startHost({
    ports: broker.ports('host'),
    service: 'storage',
    machines: { volume },
    checkSteps: true,
    clock,
  });
  const worker = await startWorker({
    ports: broker.ports('worker'),
    service: 'storage',
    tasks,
    clock,
  });
  const client = openClient({ ports: broker.ports('client'), clock, by: 'ada' });
  /** The clock goes on until the call has ended. */
  const during = async <Result>(call: Promise<Result>): Promise<Result> => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    call.then(over, over);
    for (let turn = 0; turn < 200 && !isOver; turn += 1) await clock.advance(100);
    return call;
  };
  const close = async (): Promise<void> => {
    await client.close();
    await during(worker.stop());
    await during(host.stop());
  };
  return { broker, clock, seen, client, worker, during, close };
};

const test = suite('wire traffic');

test('lives of actors and jobs: all of it matches, and each kind was seen', async () => {
  const { broker, clock, seen, client, during, close } = await open();
  await clock.advance(1_000);
  const first = client.actor(volume, 'vol-1');
  await during(first.create({ name: 'data' }));
  const ready = await during(first.waitFor((state) => state.matches('ok')));
  assert.is(ready.context.backendId, 'b-data');
  await during(first.send({ type: 'DELETE' }));

  const quota = client.actor(volume, 'vol-2');
  await during(quota.create({ name: 'quota' }));
  await during(quota.waitFor((state) => state.matches('erred')));

  const stuck = client.actor(volume, 'vol-3');
  await during(stuck.create({ name: 'stuck' }));
  await during(stuck.send({ type: 'DELETE' }));
  await clock.advance(1_000);

  const history = await during(first.history());
  assert.ok(history.length >= 3);
  validateBody('question-reply', new TextEncoder().encode(JSON.stringify({ history })));

  const names = new Set<string>();
  for (const { subject, body } of seen) {
    const name = schemaNameOf(subject);
    if (name !== undefined) names.add(name);
    if (!/\.dead-letter\./.test(subject)) validateWire(subject, body);
  }
  const wanted = ['entry-create', 'entry-event', 'entry-reply', 'command', 'cancel', 'answer'];
  for (const name of [...wanted, 'state-notice', 'question'])
    assert.ok(names.has(name), `no ${name} among ${[...names].join(', ')}`);
  for (const { subject, body } of seen)
    if (/\.command\..*add-numbers/.test(subject)) assert.is(body[0], 0x7b, 'a JSON command');
  for (const { body } of broker.snapshots()) validateBody('snapshot', body);
  for (const { body } of broker.entries()) assert.ok(decodeBody(body));
  assert.equal(broker.deadLetters(), []);
  await close();
});

test('run: a job of its own, with typed output, failure and idempotent id', async () => {
  const { clock, client, during, close } = await open();
  await clock.advance(1_000);
  const { sum } = await during(client.run(addNumbers, { x: 2, y: 3 }, { id: 'sum-1' }));
  assert.is(sum, 5);
  const again = await during(client.run(addNumbers, { x: 2, y: 3 }, { id: 'sum-1' }));
  assert.is(again.sum, 5);
  assert.is(await during(client.run(clean, {})), undefined);
  const failure = await during(client.run(addNumbers, { x: -1, y: 3 })).catch(
    (error: unknown) => error,
  );
  assert.instance(failure, CommandFailedError);
  assert.is(failure instanceof CommandFailedError && failure.error.code, 'negative');
  for (const [call, code] of [
    [() => client.run(createVolume, { name: 'x' }), 'not-a-job'],
    [() => client.run(addNumbers, { x: 'two' } as never), 'invalid-input'],
  ] as const) {
    const error = await during<unknown>(call()).catch((thrown: unknown) => thrown);
    assert.is((error as { code?: string }).code, code);
  }
  await close();
});

test.run();

// The broker restarts under load, is away for long, and has a full disk: nothing is lost.
// Time limit: 240 s
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { line, persist, startCounting, stopAll, type Counting } from './counting.ts';
import { counterMachine } from './counter/counter.machine.ts';
import { journalFaults, machinesOf } from './verdict.ts';

const test = suite('broker trouble');
test.after.each(stopAll);
const PARTITIONS = 4;
/** Minutes in life; the times that clients and hosts wait do not grow beyond seconds. */
const AWAY_MS = 15_000;
const FULL_MS = 6_000;
const STORE_BYTES = 16 * 1024 * 1024;
const BALLAST = new Uint8Array(256 * 1024);

/** Adds to all counters until stopped; returns how often each was added to. */
const startLoad = (counting: Counting) => {
  const counts = counting.ids.map(() => 0);
  const waits: number[] = [];
  let isOver = false;
  const running = Promise.all(
    counts.map(async (_, partition) => {
      while (!isOver) {
        const startedAt = performance.now();
        await counting.add(partition);
        counts[partition] = (counts[partition] ?? 0) + 1;
        waits.push(performance.now() - startedAt);
        await wait(10);
      }
    }),
  );
  running.catch(() => undefined); // Awaited by stop.
  return {
    waits,
    stop: async (): Promise<readonly number[]> => {
      isOver = true;
      await running;
      return counts;
    },
  };
};

const begin = async (storeBytesMax?: number): Promise<Counting> => {
  const counting = await startCounting({
    nodes: 1,
    partitions: PARTITIONS,
    ...(storeBytesMax !== undefined && { storeBytesMax }),
  });
  await counting.startHost();
  await counting.startHost();
  await counting.startWorker();
  for (const id of counting.ids) await counting.client.actor(counterMachine, id).create({ id });
  return counting;
};

/** Each event counted once; a task can be run; live state, snapshots and journal agree. */
const check = async (counting: Counting, counts: readonly number[]): Promise<void> => {
  const { client, ports, ids } = counting;
  const totals = await Promise.all(
    ids.map((id) =>
      persist(async () => (await client.actor(counterMachine, id).load()).context.total),
    ),
  );
  assert.equal(totals, counts);
  const [id = ''] = ids;
  const counter = client.actor(counterMachine, id);
  await persist(() => counter.send({ type: 'WORK', how: 'plain' }, { id: 'work' }));
  await counter.waitFor(({ context }) => context.results === 1, { timeoutMs: 60_000 });
  await wait(1_000); // Snapshots are saved at most 200 ms after a step.
  const machineOf = machinesOf({ counter: counterMachine });
  const actors = ids.map((each) => ({ type: 'counter', id: each }));
  assert.equal((await journalFaults({ ports, client, machineOf }, actors, [])).faults, []);
};

test('three restarts under load, two of them by kill -9', async () => {
  const counting = await begin();
  const load = startLoad(counting);
  const [server] = counting.broker.nodes;
  for (const isKilled of [true, false, true]) {
    await wait(1_500);
    if (isKilled) await server?.kill();
    await server?.restart();
  }
  await wait(1_500);
  const counts = await load.stop();
  console.log(line('events through restarts', load.waits));
  await check(counting, counts);
  await counting.stop();
});

test('long without a connection: everybody is back soon after the server', async () => {
  const counting = await begin();
  const load = startLoad(counting);
  const [id = ''] = counting.ids;
  const slow = counting.client.actor(counterMachine, `${id}-slow`);
  await slow.create({ id: slow.id });
  await slow.send({ type: 'WORK', how: 'slow' });
  const [server] = counting.broker.nodes;
  await server?.kill();
  await wait(AWAY_MS);
  await server?.restart();
  const backAt = performance.now();
  await persist(() => counting.add(0, 'back'));
  console.log(`  answered ${(performance.now() - backAt).toFixed(0)} ms after the server was back`);
  assert.ok(performance.now() - backAt < 10_000);
  // Its task ended while there was no connection: the reply was kept.
  const { context } = await slow.waitFor((state) => state.context.results > 0, {
    timeoutMs: 60_000,
  });
  assert.is(context.results, 1);
  const counts = await load.stop();
  await check(counting, [(counts[0] ?? 0) + 1, ...counts.slice(1)]);
  await counting.stop();
});

test('a full disk: the flow pauses, then goes on, and nothing is lost', async () => {
  const counting = await begin(STORE_BYTES);
  const { nats } = counting.connection;
  const ask = async (subject: string, body: string | Uint8Array) =>
    JSON.parse((await nats.request(subject, body, { timeout: 5_000 })).string()) as {
      error?: { description: string };
    };
  const config = { name: 'BALLAST', subjects: ['ballast'], storage: 'file' };
  await ask('$JS.API.STREAM.CREATE.BALLAST', JSON.stringify(config));
  const load = startLoad(counting);
  await wait(1_000);
  let refusal: string | undefined;
  for (let count = 0; refusal === undefined && count < 100; count += 1)
    refusal = (await ask('ballast', BALLAST)).error?.description;
  assert.ok(refusal !== undefined, 'the disk is full');
  const before = load.waits.length;
  await wait(FULL_MS);
  const meanwhile = load.waits.length - before;
  await ask('$JS.API.STREAM.DELETE.BALLAST', '');
  await wait(3_000);
  const counts = await load.stop();
  console.log(`  ${refusal}: ${meanwhile} events went through in ${FULL_MS} ms while it was full`);
  console.log(line('events through a full disk', load.waits));
  await check(counting, counts);
  await counting.stop();
});

test.run();

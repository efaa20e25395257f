// How long partitions wait when a host is killed, stands still, leaves or joins.
// Time limit: 240 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Child } from './child.ts';
import { line, percentile, startCounting, stopAll, type Counting } from './counting.ts';
import { counterMachine } from './counter/counter.machine.ts';
import { until } from './until.ts';

const test = suite('takeover times');
test.after.each(stopAll);
const PARTITIONS = 8;
const ROUNDS = 2;
const TAKEOVER_MAX_MS = 5_000;
const LEAVE_MAX_MS = 500;
const JOIN_MAX_MS = 10_000;
/** The window of a partition consumer, and a little more that waits behind it. */
const FULL = 5_200;

const each = (partitions: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition);

const createAll = async ({ client, ids }: Counting): Promise<void> => {
  await Promise.all(
    ids.map((id) => client.actor(counterMachine, id).create({ id }, { ifExists: 'return' })),
  );
};

/** Sends one event to each of these partitions at once; how long each waited for its answer. */
const waits = (counting: Counting, partitions: readonly number[]): Promise<number[]> =>
  Promise.all(
    partitions.map(async (partition) => {
      const startedAt = performance.now();
      await counting.add(partition);
      return performance.now() - startedAt;
    }),
  );

/** Waits until hosts hold all partitions, each its share. */
const untilShared = async (counting: Counting, hosts: readonly Child[]): Promise<void> => {
  await until('shares', 30_000, async () => {
    await waits(counting, each(counting.partitions));
    const counts = hosts.map(({ held }) => held.length);
    const sum = counts.reduce((total, count) => total + count, 0);
    return sum === counting.partitions && Math.max(...counts) - Math.min(...counts) <= 1;
  });
};

/** Strikes one of three hosts, again and again; how long its partitions waited. */
const measure = async (
  strike: (host: Child) => void | Promise<void>,
  heal?: (host: Child, others: readonly Child[], counting: Counting) => Promise<void>,
): Promise<number[]> => {
  const counting = await startCounting({ nodes: 1, partitions: PARTITIONS });
  const hosts = await Promise.all([0, 1, 2].map(() => counting.startHost()));
  await createAll(counting);
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await untilShared(counting, hosts);
    const [struck] = hosts.splice(0, 1);
    if (struck === undefined) throw new Error('there is no host');
    const held = [...struck.held];
    assert.ok(held.length > 0, 'it holds something');
    const struckDone = Promise.resolve(strike(struck));
    all.push(...(await waits(counting, held)));
    await struckDone;
    await heal?.(struck, hosts, counting);
    hosts.push(struck.isRunning ? struck : await counting.startHost());
  }
  // Each event counted once, whoever folded it.
  for (const id of counting.ids) {
    const history = await counting.client.actor('counter', id).history();
    const { context } = await counting.client.actor(counterMachine, id).load();
    assert.is(context.total, history.filter(({ event }) => event === 'ADD').length, id);
  }
  await counting.stop();
  return all;
};

test('kill -9: idle partitions', async () => {
  const all = await measure((host) => host.kill());
  console.log(line('kill -9, idle', all));
  assert.ok(percentile(all, 95) <= TAKEOVER_MAX_MS);
});

test('SIGSTOP: idle partitions; the resumed host changes nothing', async () => {
  const all = await measure(
    (host) => host.freeze(),
    async (host, others, counting) => {
      await untilShared(counting, others);
      const before = await totals(counting);
      host.thaw();
      await waits(counting, each(PARTITIONS));
      assert.equal(
        await totals(counting),
        before.map((total) => total + 1),
      );
    },
  );
  console.log(line('SIGSTOP, idle', all));
  assert.ok(percentile(all, 95) <= TAKEOVER_MAX_MS);
});

const totals = ({ client, ids }: Counting): Promise<number[]> =>
  Promise.all(ids.map(async (id) => (await client.actor(counterMachine, id).load()).context.total));

test('an orderly leave', async () => {
  const all = await measure((host) => host.stop());
  console.log(line('orderly leave', all));
  assert.ok(percentile(all, 95) <= LEAVE_MAX_MS);
});

test('a joining host has its share soon', async () => {
  const counting = await startCounting({ nodes: 1, partitions: 32 });
  const first = await counting.startHost();
  await createAll(counting);
  await until('all partitions', 10_000, async () => {
    await waits(counting, each(32));
    return first.held.length === 32;
  });
  let isOver = false;
  const longest: number[] = [];
  const load = Promise.all(
    each(32).map(async (partition) => {
      while (!isOver) {
        longest.push(...(await waits(counting, [partition])));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }),
  );
  const second = await counting.startHost();
  const startedAt = performance.now();
  await until('its share', 20_000, () => second.held.length >= 16);
  const joined = performance.now() - startedAt;
  isOver = true;
  await load;
  console.log(`  join: 16 of 32 partitions after ${joined.toFixed(0)} ms`);
  console.log(line('events meanwhile', longest));
  assert.ok(joined <= JOIN_MAX_MS);
  assert.is(first.held.length + second.held.length, 32);
  await counting.stop();
});

for (const [name, strike] of [
  ['kill -9', (host: Child) => host.kill()],
  ['SIGSTOP', (host: Child) => host.freeze()],
] as const)
  test(`${name}: a full partition`, async () => {
    const counting = await startCounting({ nodes: 1, partitions: 1 });
    const { ports, client } = counting;
    const first = await counting.startHost({ isSaving: false });
    await createAll(counting);
    const body = Buffer.from('{"type":"ADD","amount":1}');
    const entry = { type: 'counter', id: counting.ids[0] ?? '', kindToken: 'event', body };
    for (let sent = 0; sent < FULL; sent += 200)
      await Promise.all(Array.from({ length: 200 }, () => ports.journal.append(entry)));
    const look = await ports.journal.consume('counting', 0, {
      onDelivery: () => undefined,
      onUnpinned: () => undefined,
      onTrouble: () => undefined,
    });
    await look.close();
    await until('a full window', 10_000, async () => (await look.status()).ackPending >= 5_000);
    await counting.startHost();
    await strike(first);
    const [waited = 0] = await waits(counting, [0]);
    console.log(`  ${name}, full: ${waited.toFixed(0)} ms until an event behind it was answered`);
    assert.ok(waited <= TAKEOVER_MAX_MS);
    first.thaw();
    const { context } = await client.actor(counterMachine, counting.ids[0] ?? '').load();
    assert.is(context.total, FULL + 1, 'each event counted once');
    await counting.stop();
  });

test.run();

// Tasks that go wrong: polls refused, processes that end, replies not acknowledged, commands twice.
// Time limit: 240 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCampaign } from './campaign.ts';
import { persist, startCounting, stopAll, type Counting } from './counting.ts';
import { counterMachine } from './counter/counter.machine.ts';
import { freshSeed } from './fresh-seed.ts';
import { until } from './until.ts';

const test = suite('tasks under faults');
test.after.each(stopAll);
const INSTANCES = 30;

test('three of ten polls are answered 503: all are ok', async () => {
  const seed = freshSeed();
  const isPoll = (method: string, path: string): boolean =>
    method === 'GET' && /\/(servers|volumes)\/[0-9a-f-]{36}$/.test(path);
  const { faults, states, chaos, seconds } = await runCampaign({
    seed,
    nodes: 1,
    instances: INSTANCES,
    spanMs: 2_000,
    isQuiet: true,
    rates: { refuse: 0.3 },
    strikesAt: isPoll,
    isEveryOk: true,
    timeoutMs: 120_000,
  });
  console.log(`\n  seed ${seed}: ${JSON.stringify(states)}, ${chaos.refuse} refused, ${seconds} s`);
  assert.ok(chaos.refuse > INSTANCES / 2, 'polls were refused');
  assert.equal(faults, [], `seed ${seed}`);
  assert.equal(states, { ok: INSTANCES }, `seed ${seed}`);
});

const startActors = async (counting: Counting, ids: readonly string[]): Promise<void> => {
  for (const id of ids) await counting.client.actor(counterMachine, id).create({ id });
};

type How = 'plain' | 'slow' | 'exit';

const startWork = ({ client }: Counting, id: string, how: How) =>
  persist(() =>
    client.actor(counterMachine, id).send({ type: 'WORK', how }, { id: `work-${id}-${how}` }),
  );

const settled = ({ client }: Counting, id: string) =>
  client
    .actor(counterMachine, id)
    .waitFor(({ value, context }) => value === 'erred' || context.results > 0, {
      timeoutMs: 120_000,
    });

test('a task that ends its process each time: its actor is erred, others are not harmed', async () => {
  const counting = await startCounting({ nodes: 1, partitions: 4 });
  await counting.startHost({ ackWaitMs: 2_000 });
  const crew = counting.crew('worker', (name) => ({
    servers: counting.broker.servers,
    name,
    cast: 'counter',
    ackWaitMs: 2_000,
  }));
  let starts = 0;
  const keepUp = async (): Promise<void> => {
    for (let child = await crew.add(); ; child = await crew.replace(child)) {
      starts += 1;
      await child.ended;
      if (isOver) return;
    }
  };
  let isOver = false;
  const keeping = [keepUp(), keepUp()];
  const good = Array.from({ length: 10 }, (_, index) => `good-${index}`);
  await startActors(counting, ['bad', ...good]);
  await startWork(counting, 'bad', 'exit');
  for (const id of good) await startWork(counting, id, 'plain');
  for (const id of good) {
    const { context } = await settled(counting, id);
    assert.equal([context.results, context.error], [1, undefined], id);
  }
  const bad = await settled(counting, 'bad');
  assert.is(bad.value, 'erred');
  console.log(`\n  ${starts} workers were started until it was given up: ${bad.context.error}`);
  assert.is(bad.context.error, 'worker-crashed');
  assert.ok(starts >= 4, 'it took processes with it');
  isOver = true;
  await crew.stop();
  await Promise.all(keeping);
  await counting.stop();
});

for (const [name, faults, strike] of [
  ['its worker is killed in the middle', {}, true],
  ['the reply is stored, the command not acknowledged', { exitBeforeAck: 1 }, false],
  ['the command is delivered twice', { takeTwice: true }, false],
] as const)
  test(`${name}: one effect on the actor`, async () => {
    const counting = await startCounting({ nodes: 1, partitions: 4 });
    await counting.startHost({ ackWaitMs: 2_000 });
    const first = await counting.startWorker(faults);
    await startActors(counting, ['one']);
    await startWork(counting, 'one', 'slow');
    if (strike) {
      await until('the command to run', 5_000, async () => {
        return (await counting.client.actor('counter', 'one').load()).value === 'working';
      });
      await first.kill();
    }
    if ('exitBeforeAck' in faults) await first.ended;
    if (!first.isRunning) await counting.startWorker();
    const { context, value } = await settled(counting, 'one');
    assert.equal([value, context.results, context.total], ['idle', 1, 1]);
    // The command comes again to whoever is there, and changes nothing more.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const later = await counting.client.actor(counterMachine, 'one').load();
    assert.equal([later.value, later.context.results, later.context.total], ['idle', 1, 1]);
    await counting.stop();
  });

test.run();

// Stops end in the time that they promise, also when the broker answers nothing any more.
import { startNatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, startHost, startWorker } from '../src/bind.ts';
import { connect, startHealthServer } from '../src/index.ts';
import { tasks, volume } from './volume.machine.ts';

const test = suite('stop');

/** How long it takes, ms. */
const timed = async (work: Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
};

for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
  test(`all that runs ends in time after ${signal} of the broker`, async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url });
    const options = { connection, service: 'storage' };
    const limits = { stopMs: 2_000 };
    const host = await startHost({
      ...options,
      machines: { volume },
      limits,
      topology: { partitions: 4 },
    });
    const worker = await startWorker({ ...options, tasks });
    const health = await startHealthServer({ connection, host, worker, port: 0 });
    const client = openClient({ connection });
    const actor = client.actor(volume, 'vol-1');
    await actor.create({ name: 'data', sizeGiB: 1 });
    await actor.waitFor((state) => state.matches('ok'));
    await server.kill(signal);
    const asked = actor.load().catch((error: unknown) => error);
    const unanswered = fetch(`${health.url}/readyz`).catch((error: unknown) => error);
    const tookMs = await Promise.all([
      timed(host.stop()),
      timed(worker.stop({ graceMs: 1_000 })),
      timed(health.stop()),
      timed(client.close()),
    ]);
    // stopMs, or the grace, and what each of them has beside it.
    const promised = [2_000 + 500 + 2_000 + 9_000, 1_000 + 4_000, 8_000, 100];
    for (const [index, ms] of tookMs.entries())
      assert.ok(ms < (promised[index] ?? 0) + 1_500, `${index}: ${tookMs.join(', ')} ms`);
    await asked;
    await unanswered;
    assert.ok((await timed(connection.close())) < 3_000);
    if (signal === 'SIGSTOP') await server.kill('SIGCONT');
    await server.stop();
  });

test.run();

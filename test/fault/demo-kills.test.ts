// The demo's workload in three runs at a time, the host of each killed ten times.
// Time limit: 300 s
import { suite } from 'uvu';
import { runKilled } from '../../services/demo/test/killed-run.ts';

const KILLS = 10;
const FIRST_SEED = 20_261_124;

const test = suite('demo, its hosts killed');

// At the same time: each waits most of the time for the broker to give up on the dead host.
test('three seeded runs with ten kills each', async () => {
  const seeds = [FIRST_SEED, FIRST_SEED + 1, FIRST_SEED + 2];
  const results = await Promise.allSettled(seeds.map((seed) => runKilled(seed, KILLS)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
});

test.run();

// Hosts that end at each named point of a step: nothing is lost, and nothing is made twice.
// Time limit: 240 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCampaign } from './campaign.ts';
import { freshSeed } from './fresh-seed.ts';

const test = suite('crash points');
const INSTANCES = 40;
const TIMES = 2;

test('each crash point, twice', async () => {
  const seed = freshSeed();
  console.log(`\n  seed ${seed}`);
  const { faults, strikes, states, seconds } = await runCampaign({
    seed,
    nodes: 1,
    instances: INSTANCES,
    spanMs: 40_000,
    crashes: TIMES,
    rates: {},
    timeoutMs: 120_000,
  });
  console.log(`  ${JSON.stringify(strikes)}, ${JSON.stringify(states)}, ${seconds} s`);
  assert.equal(faults, [], `seed ${seed}`);
  for (const [point, times] of Object.entries(strikes)) assert.is(times, TIMES, point);
});

test.run();

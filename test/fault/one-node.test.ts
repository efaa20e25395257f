// The real thing under random faults on one node: 200 instances, nothing lost, nothing twice.
// Time limit: 300 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCampaign } from './campaign.ts';
import { freshSeed } from './fresh-seed.ts';

const test = suite('faults, one node');
const INSTANCES = 200;
const SPAN_MS = 40_000;

test('200 instances through kills, freezes, leaves and a bad way to the cloud', async () => {
  const seed = freshSeed();
  console.log(`\n  seed ${seed}`);
  const { faults, ...verdict } = await runCampaign({
    seed,
    nodes: 1,
    instances: INSTANCES,
    spanMs: SPAN_MS,
  });
  console.log(`  ${JSON.stringify(verdict)}`);
  assert.equal(faults, [], `npm run faults -- --seed ${seed} --nodes 1`);
  const { strikes, chaos } = verdict;
  const struck = Object.values(strikes).reduce((sum, count) => sum + count, 0);
  assert.ok(struck >= 15, `${struck} strikes`);
  for (const [kind, count] of Object.entries(chaos)) assert.ok(count > 0, `no ${kind}`);
});

test.run();

// A projection that is killed while a hundred thousand events pass.
// Time limit: 900 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runProjection } from '../outbox/projection-run.ts';
import { freshSeed } from './fresh-seed.ts';

const test = suite('projection, long run');

test('a hundred thousand events', async () => {
  const seed = freshSeed();
  console.log(`  seed ${seed}`);
  const report = await runProjection({
    events: 100_000,
    eventsPerSecond: 1_000,
    killsMin: 25,
    actors: 3_000,
    killWithinMs: 1_000,
    seed,
  });
  console.log(`  ${JSON.stringify(report)}`);
  assert.ok(report.kills >= 20);
});

test.run();

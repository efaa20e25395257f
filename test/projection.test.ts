// A projection that is killed while events pass: the short form.
// The long one: npm test -- test/fault
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freshSeed } from './fault/fresh-seed.ts';
import { runProjection } from './outbox/projection-run.ts';

const test = suite('projection, killed at random');

test('the table is the fold of the journals, and a rebuild from zero is the same', async () => {
  const seed = freshSeed();
  console.log(`  seed ${seed}`);
  const report = await runProjection({
    events: 5_000,
    eventsPerSecond: 600,
    killsMin: 4,
    actors: 500,
    killWithinMs: 300,
    seed,
  });
  console.log(`  ${JSON.stringify(report)}`);
  assert.ok(report.kills >= 3);
});

test.run();

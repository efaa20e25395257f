// Property: the fold does what a live createActor() does, step by step, on random statecharts.
import { createFoldTwice, fold } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CONSTRUCTS, ConstructCounter } from './walk/constructs.ts';
import { Walk } from './walk/walk.ts';

const STEPS_MIN = 20_000;
const STEPS_PER_CONSTRUCT_MIN = 300;
const STEPS_PER_WALK = 120;

/** Another one walks other walks. A difference names the seed of its walk. */
const firstSeed = 20_260_101;

const test = suite('fold and live XState');

test('agree on value, context, history, children and effects', async () => {
  const total = new ConstructCounter();
  const twice = createFoldTwice(fold);
  let steps = 0;
  let walks = 0;
  while (steps < STEPS_MIN) {
    const seed = firstSeed + walks;
    const result = await new Walk(seed, twice).run(STEPS_PER_WALK);
    steps += result.steps;
    walks += 1;
    total.add(result.counter);
    const { difference } = result;
    if (difference !== undefined) assert.unreachable(JSON.stringify(difference));
  }
  console.log(`  seed ${firstSeed}: ${steps} steps of ${walks} random machines`);
  const rare = CONSTRUCTS.filter(
    (construct) => (total.counts.get(construct) ?? 0) < STEPS_PER_CONSTRUCT_MIN,
  );
  const counts = CONSTRUCTS.map((construct) => `${construct} ${total.counts.get(construct) ?? 0}`);
  console.log(`  steps with: ${counts.join(', ')}`);
  assert.equal(rare, [], 'constructs with too few steps');
});

test.run();

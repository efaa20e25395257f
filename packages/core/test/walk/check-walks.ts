// Random walks by the fold and by a live createActor(): every step of both is the same.
import { createFoldTwice, fold } from '@pawl/core';
import * as assert from 'uvu/assert';
import { CONSTRUCTS, ConstructCounter } from './constructs.ts';
import { Walk } from './walk.ts';

const STEPS_PER_WALK = 120;

/** Another one walks other walks. A difference names the seed of its walk. */
const firstSeed = 20_260_101;

/** Walks at least so many steps, and so many through each construct. */
export const checkWalks = async (stepsMin: number, perConstructMin: number): Promise<void> => {
  const total = new ConstructCounter();
  const twice = createFoldTwice(fold);
  let steps = 0;
  let walks = 0;
  while (steps < stepsMin) {
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
    (construct) => (total.counts.get(construct) ?? 0) < perConstructMin,
  );
  const counts = CONSTRUCTS.map((construct) => `${construct} ${total.counts.get(construct) ?? 0}`);
  console.log(`  steps with: ${counts.join(', ')}`);
  assert.equal(rare, [], 'constructs with too few steps');
};

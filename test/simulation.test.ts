// The proof by simulation: worlds in which everything fails, and nothing is lost.
// Thousands of them, which meet every fault and crash point: npm test -- test/fault
// Time limit: 600 s
import { suite } from 'uvu';
import { simulate } from './fault/simulate.ts';

const test = suite('simulation');

test('worlds of the shop keep every promise', async () => {
  await simulate({ scenario: 'shop', worlds: 200, seed: 1 });
  await simulate({ scenario: 'shop', worlds: 120 });
});

test('worlds of the harbour: permits, schedules and jobs under kills', async () => {
  await simulate({ scenario: 'harbour', worlds: 100, seed: 1 });
  await simulate({ scenario: 'harbour', worlds: 80 });
});

test.run();

// The proof by simulation: thousands of worlds in which everything fails, and nothing is lost.
// Time limit: 900 s
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('simulation');

// Compiled, as `npm run simulate` runs it: half the time. The build is made before the tests.
const simulate = async (scenario: string, worlds: number): Promise<void> => {
  const startedAt = performance.now();
  const main = 'packages/testing/dist/simulation/main.js';
  const options = ['--scenario', scenario, '--worlds', String(worlds), '--seed', '1'];
  const child = spawn(process.execPath, [main, ...options], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  // 1: a world broke a promise, or something that is counted never happened. Both are told above.
  assert.is(code, 0);
};

test('2000 worlds of the shop keep every promise, and meet every fault and crash point', () =>
  simulate('shop', 2_000));

test('1000 worlds of the harbour: permits, schedules and jobs under kills', () =>
  simulate('harbour', 1_000));

test.run();

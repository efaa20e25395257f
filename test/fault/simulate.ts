// Runs simulated worlds as `npm run simulate` does, compiled: half the time of running sources.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';

/** Which worlds. Without a seed they are other ones each time, and the seed is printed. */
export interface Worlds {
  readonly scenario: 'shop' | 'harbour';
  readonly worlds: number;
  readonly seed?: number;
}

const MAIN = 'packages/testing/dist/simulation/main.js';

/** Runs them all, and fails if one of them breaks a promise, or if too little happens in many. */
export const simulate = async ({ scenario, worlds, seed }: Worlds): Promise<void> => {
  const words = ['--scenario', scenario, '--worlds', String(worlds)];
  const from = seed === undefined ? [] : ['--seed', String(seed)];
  const child = spawn(process.execPath, [MAIN, ...words, ...from], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.is(code, 0, 'told above');
};

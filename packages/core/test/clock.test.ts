// The system's clock: waits longer than its timers can hold, and those without an end.
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock, type Stoppable } from '../src/index.ts';

const test = suite('clock');

/** Longest wait of the system's timers, ms: one more and they fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

const fired = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

for (const ms of [LONGEST_MS + 1, Number.POSITIVE_INFINITY])
  test(`a wait of ${ms} ms does not end before one of 20 ms`, async () => {
    let calls = 0;
    const count = (): void => void (calls += 1);
    const timers: Stoppable[] = [systemClock.after(ms, count), systemClock.every(ms, count)];
    await fired(20);
    assert.is(calls, 0);
    for (const timer of timers) timer.stop();
  });

test('a long wait ends when it is over, not before, and not after a stop', () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    let calls = 0;
    let every = 0;
    systemClock.after(LONGEST_MS + 1_000, () => (calls += 1));
    const stopped = systemClock.after(LONGEST_MS + 1_000, () => (calls += 10));
    const repeated = systemClock.every(LONGEST_MS + 1_000, () => (every += 1));
    mock.timers.tick(LONGEST_MS); // The parts of a wait, one by one: a tick is one turn.
    mock.timers.tick(999);
    stopped.stop();
    assert.equal([calls, every], [0, 0]);
    mock.timers.tick(1);
    assert.equal([calls, every], [1, 1]);
    mock.timers.tick(LONGEST_MS);
    mock.timers.tick(1_000);
    assert.equal([calls, every], [1, 2]);
    repeated.stop();
    mock.timers.tick(LONGEST_MS);
    mock.timers.tick(1_000);
    assert.equal([calls, every], [1, 2]);
  } finally {
    mock.timers.reset();
  }
});

test.run();

// The virtual clock: due order, settling between timers, repetition, stops.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVirtualClock, durationMs } from '@pawl/testing';

const test = suite('virtual clock');

test('timers run in due order, each at its own time', async () => {
  const clock = createVirtualClock({ start: 1000 });
  const seen: [string, number][] = [];
  clock.after(30, () => seen.push(['c', clock.now()]));
  clock.after(10, () => seen.push(['a', clock.now()]));
  clock.after(10, () => seen.push(['b', clock.now()]));
  await clock.advance(20);
  assert.equal(seen, [
    ['a', 1010],
    ['b', 1010],
  ]);
  assert.is(clock.now(), 1020);
  await clock.advance('10ms');
  assert.equal(seen.at(-1), ['c', 1030]);
});

test('what a timer starts settles before the next one is due', async () => {
  const clock = createVirtualClock({ start: 0 });
  const seen: string[] = [];
  clock.after(10, () => {
    void (async () => {
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      seen.push(`settled at ${clock.now()}`);
      clock.after(5, () => seen.push(`nested at ${clock.now()}`));
    })();
  });
  clock.after(20, () => seen.push(`second at ${clock.now()}`));
  await clock.advance(100);
  assert.equal(seen, ['settled at 10', 'nested at 15', 'second at 20']);
});

test('every() repeats until it is stopped, also from inside', async () => {
  const clock = createVirtualClock({ start: 0 });
  let count = 0;
  const ticking = clock.every(1000, () => {
    count += 1;
    if (count === 3) ticking.stop();
  });
  await clock.advance('10s');
  assert.is(count, 3);
  assert.is(clock.nextDueAt(), undefined);
});

test('a stopped timer does not run', async () => {
  const clock = createVirtualClock();
  clock.after(10, () => assert.unreachable('it was stopped')).stop();
  await clock.advance('1h');
});

test('two advances without await are done one after the other', async () => {
  const clock = createVirtualClock({ start: 0 });
  const seen: number[] = [];
  clock.after(15, () => seen.push(clock.now()));
  await Promise.all([clock.advance(10), clock.advance(10)]);
  assert.equal(seen, [15]);
  assert.is(clock.now(), 20);
});

test('an error thrown by a timer reaches whoever advances, and the clock goes on', async () => {
  const clock = createVirtualClock({ start: 0 });
  clock.after(10, () => {
    throw new Error('out of the timer');
  });
  let message = '';
  await clock.advance(20).catch((error: unknown) => (message = String(error)));
  assert.is(message, 'Error: out of the timer');
  await clock.advance(20);
  assert.is(clock.now(), 30);
});

test('durations are read, and nonsense is refused', () => {
  assert.is(durationMs('10m'), 600_000);
  assert.is(durationMs('1h30m'), 5_400_000);
  assert.is(durationMs('1.5s'), 1500);
  assert.is(durationMs('250ms'), 250);
  assert.is(durationMs(7), 7);
  assert.throws(() => durationMs(-1), /no duration/);
  assert.throws(() => durationMs(Number.NaN), /no duration/);
  // @ts-expect-error: not a unit
  assert.throws(() => durationMs('10 years'), /no duration/);
});

test.run();

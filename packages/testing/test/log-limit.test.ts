// A log with a rate: a flood is a few lines and a count.
import { limitLog } from '@pawl/core';
import { createVirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('log limit');

const begin = () => {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const log = limitLog((level, message, fields) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  }, clock);
  return { clock, lines, log };
};

test('a flood of one trouble: five lines, then a count every ten seconds, whoever it is about', async () => {
  const { clock, lines, log } = begin();
  for (let second = 0; second < 60; second += 1) {
    for (let actor = 0; actor < 700; actor += 1)
      log('warn', `Loading order/o-${actor} failed and is tried again`, { waitMs: actor });
    await clock.advance('1s');
  }
  await clock.advance('10s');
  assert.is(lines.length, 11);
  assert.is(lines[4], 'warn Loading order/o-4 failed and is tried again {"waitMs":4}');
  const counts = lines.slice(5).map((line) => Number(/"alike":(\d+)/.exec(line)?.[1]));
  assert.is(
    counts.reduce((sum, count) => sum + count, 5),
    42_000,
  );
});

test('trouble that is over and comes back is told at once again', async () => {
  const { clock, lines, log } = begin();
  for (let count = 0; count < 7; count += 1) log('error', 'It broke');
  await clock.advance('30s');
  assert.is(lines.at(-1), 'error It broke {"alike":2}');
  log('error', 'It broke');
  assert.equal(lines.slice(6), ['error It broke {}']);
  assert.is(clock.nextDueAt(), undefined, 'it leaves no timer behind');
});

test('other troubles, other levels and what is said of them are not held back', () => {
  const { lines, log } = begin();
  for (let count = 0; count < 9; count += 1) log('warn', 'One');
  for (const level of ['warn', 'error'] as const) log(level, 'Another');
  for (let count = 0; count < 9; count += 1) log('info', 'Two');
  for (let count = 0; count < 9; count += 1) log('debug', 'Three');
  assert.is(lines.length, 5 + 2 + 9 + 9);
});

test.run();

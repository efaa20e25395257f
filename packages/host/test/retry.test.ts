// What is tried again, for how long, and what is final.
import { isDoneWithin, PawlError, silentLog, type ErrorCode } from '@pawl/core';
import { createVirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPassing, untilDone } from '../src/retry.ts';

const test = suite('retry');

const failing = (
  code: ErrorCode,
  times: number,
): { readonly tries: () => number; readonly action: () => Promise<string> } => {
  let tries = 0;
  return {
    tries: () => tries,
    action: async () => {
      tries += 1;
      if (tries <= times) throw new PawlError(code, code);
      return 'done';
    },
  };
};

test('which failures pass by themselves', () => {
  const passes = (code: ErrorCode): boolean => isPassing(new PawlError(code, code));
  for (const code of ['no-connection', 'outcome-unknown', 'broker-refused'] as const)
    assert.ok(passes(code), code);
  assert.ok(passes('jetstream-off'), 'a stream without a leader looks the same');
  assert.ok(passes('closed'), 'nothing to do but to wait for the stop');
  for (const code of ['payload-too-large', 'not-authorized', 'sequence-conflict'] as const)
    assert.not.ok(passes(code), code);
  assert.not.ok(isPassing(new Error('a bug')));
});

test('waits longer each time, up to 5 s', async () => {
  const clock = createVirtualClock();
  const { action, tries } = failing('no-connection', 8);
  const startedAt = clock.now();
  let endedAt = 0;
  const done = untilDone(action, { clock, log: silentLog, what: 'it', isWanted: () => true });
  void done.then(() => (endedAt = clock.now()));
  await clock.advance('1m');
  assert.is(await done, 'done');
  assert.is(tries(), 9);
  assert.is(endedAt - startedAt, 100 + 200 + 400 + 800 + 1600 + 3200 + 5000 + 5000);
});

test('a refusal becomes final after its time, other troubles do not', async () => {
  const clock = createVirtualClock();
  const options = { clock, log: silentLog, what: 'it', isWanted: () => true, refusedMaxMs: 60_000 };
  const refused = untilDone(failing('broker-refused', 1000).action, options);
  const away = untilDone(failing('no-connection', 20).action, options);
  let code = '';
  refused.catch((error: unknown) => (code = (error as PawlError).code));
  await clock.advance('59s');
  assert.is(code, '');
  await clock.advance('10s');
  assert.is(code, 'broker-refused');
  await clock.advance('2m');
  assert.is(await away, 'done');
});

test('nobody wants it any more: the failure is the end', async () => {
  const clock = createVirtualClock();
  let isWanted = true;
  let isOver = false;
  const options = { clock, log: silentLog, what: 'it', isWanted: () => isWanted };
  const { action, tries } = failing('no-connection', 1000);
  untilDone(action, options).catch(() => (isOver = true));
  await clock.advance('1s');
  isWanted = false;
  const before = tries();
  await clock.advance('10s');
  assert.ok(isOver);
  assert.is(tries(), before, 'it is not done too late either');
});

test('a bounded wait ends in time, and leaves no timer behind', async () => {
  const clock = createVirtualClock();
  assert.is(await isDoneWithin(clock, 1000, Promise.resolve()), true);
  assert.is(clock.nextDueAt(), undefined);
  const late = isDoneWithin(clock, 1000, new Promise(() => undefined));
  await clock.advance('1s');
  assert.is(await late, false);
});

test.run();

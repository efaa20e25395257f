// A start while the cluster elects its leaders: tried again, not for ever, and for no other reason.
import { PawlError } from '@pawl/core';
import { createVirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startPatiently } from '../src/patient-start.ts';

const test = suite('patient start');

const leaderless = (): PawlError =>
  new PawlError('broker-refused', 'The broker says "JetStream system temporarily unavailable".', {
    details: { apiCode: 10_008 },
  });

test('it is tried again until there is a leader', async () => {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const failures = [leaderless(), new PawlError('outcome-unknown', 'No answer.')];
  const starting = startPatiently(
    'The start',
    async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return 'started';
    },
    { clock, log: (level, message) => lines.push(`${level} ${message}`) },
  );
  await clock.advance('1s');
  assert.is(await starting, 'started');
  assert.equal(lines, Array(2).fill('warn The start failed and is tried again'));
});

test('after 30 s it fails and says what to look at', async () => {
  const clock = createVirtualClock();
  const began = clock.now();
  let failure: unknown;
  void startPatiently('The start', () => Promise.reject(leaderless()), { clock }).catch(
    (error: unknown) => (failure = error),
  );
  await clock.advance('20s');
  assert.is(failure, undefined);
  await clock.advance('11s');
  assert.ok(failure instanceof PawlError, `${clock.now() - began} ms`);
  assert.is(failure.code, 'broker-refused');
  assert.match(
    failure.message,
    /The start failed for 30 s: .*majority of the servers.*pawl doctor/,
  );
});

test('what no leader can mend fails at once', async () => {
  const missing = { details: { stream: 'PAWL_JOURNAL' } };
  for (const error of [
    new PawlError('broker-refused', 'There is no stream PAWL_JOURNAL.', missing),
    new PawlError('broker-refused', 'No.', { details: { apiCode: 10_023 } }),
    new PawlError('machine-changed', 'Another machine of this version is registered.'),
    new TypeError('no such property'),
  ]) {
    let calls = 0;
    const start = (): Promise<never> => ((calls += 1), Promise.reject(error));
    const failure = await startPatiently('The start', start, {}).catch((thrown: unknown) => thrown);
    assert.is(failure, error);
    assert.is(calls, 1);
  }
});

test.run();

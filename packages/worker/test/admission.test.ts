// The rule for arriving commands, case by case.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { admit, crashesOf, isSuspicious, type Arrival, type Inquiry } from '../src/admission.ts';

const START = 1_000_000;

const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  now: START + 10,
  storedAt: START + 5,
  decidedAt: START,
  deadlineAt: START + 3_600_000,
  deliveryCount: 1,
  isCancelled: false,
  isRunningHere: false,
  isSuspectRunning: false,
  hasTask: true,
  service: 'storage',
  task: 'create-volume',
  ...changes,
});

const inquiry = (changes: Partial<Inquiry> = {}): Inquiry => ({
  progress: undefined,
  pending: 'yes',
  ...changes,
});

const test = suite('admission');

test('a fresh command runs, and nobody is asked', () => {
  assert.is(isSuspicious(arrival()), false);
  assert.equal(admit(arrival()), { kind: 'run' });
});

test('a redelivered, a late published and a long queued command are suspicious', () => {
  assert.ok(isSuspicious(arrival({ deliveryCount: 2 })));
  assert.ok(isSuspicious(arrival({ storedAt: START + 31_000, now: START + 31_010 })));
  assert.ok(isSuspicious(arrival({ now: START + 31_000 })));
});

test('a command that nobody waits for is dropped, even past its deadline or without a task', () => {
  const late = arrival({ deliveryCount: 2, now: START + 9_000_000, hasTask: false });
  assert.equal(admit(late, inquiry({ pending: 'no' })), { kind: 'drop' });
});

test('when no host answers, the command is given back for a moment', () => {
  const admission = admit(arrival({ deliveryCount: 9 }), inquiry({ pending: 'unknown' }));
  assert.equal(admission, { kind: 'hand-back', delayMs: 1_500 });
});

test('a command past its deadline is answered, also when no host answers', () => {
  const late = arrival({ now: START + 3_600_000, storedAt: START + 5 });
  for (const pending of ['yes', 'unknown'] as const) {
    const admission = admit(late, inquiry({ pending }));
    assert.is(admission.kind === 'failed' && admission.error.code, 'deadline-exceeded');
    assert.is(admission.kind === 'failed' && admission.error.retryable, false);
  }
});

test('a cancelled command is answered as cancelled', () => {
  assert.equal(admit(arrival({ isCancelled: true })), { kind: 'cancelled' });
});

test('a twin of a running command waits', () => {
  assert.is(admit(arrival({ isRunningHere: true })).kind, 'hand-back');
});

test('an unknown task is given back five times with growing delays, then answered', () => {
  const delays: number[] = [];
  for (let handedBack = 0; handedBack < 5; handedBack += 1) {
    const unknown = arrival({ hasTask: false, deliveryCount: handedBack + 1 });
    const admission = admit(unknown, inquiry({ progress: { handedBack, time: START } }));
    if (admission.kind === 'hand-back') delays.push(admission.delayMs);
  }
  assert.equal(delays, [1_000, 2_000, 4_000, 8_000, 15_000]);
  const last = admit(
    arrival({ hasTask: false, deliveryCount: 6 }),
    inquiry({ progress: { handedBack: 5, time: START } }),
  );
  assert.is(last.kind === 'failed' && last.error.code, 'task-missing');
});

test('three deliveries without an end are three crashes; the fourth is not run', () => {
  const marked = (starts: number) => inquiry({ progress: { starts, time: START } });
  assert.equal(admit(arrival({ deliveryCount: 2 }), inquiry()), { kind: 'run-again' });
  assert.equal(admit(arrival({ deliveryCount: 3 }), marked(1)), { kind: 'run-alone' });
  const busy = arrival({ deliveryCount: 3, isSuspectRunning: true });
  assert.is(admit(busy, marked(1)).kind, 'hand-back');
  const fourth = admit(arrival({ deliveryCount: 4 }), marked(2));
  assert.is(fourth.kind === 'failed' && fourth.error.code, 'worker-crashed');
});

test('deliveries that never began to run, beside one that ends its worker, are no crashes', () => {
  assert.is(crashesOf(2, undefined), 1);
  assert.is(crashesOf(9, undefined), 1);
  assert.is(crashesOf(9, { starts: 1, time: START }), 2);
  assert.is(crashesOf(2, { starts: 1, time: START }), 1);
});

test('polls and hand-backs are no crashes', () => {
  assert.is(crashesOf(21, { pendingDelivery: 20, time: START }), 0);
  assert.is(crashesOf(22, { pendingDelivery: 20, time: START }), 1);
  assert.is(crashesOf(26, { pendingDelivery: 20, handedBack: 4, time: START }), 1);
  const polled = inquiry({ progress: { pendingDelivery: 50, time: START } });
  assert.equal(admit(arrival({ deliveryCount: 51 }), polled), { kind: 'run' });
  const crashed = admit(
    arrival({ deliveryCount: 54 }),
    inquiry({ progress: { pendingDelivery: 50, starts: 2, time: START } }),
  );
  assert.is(crashed.kind === 'failed' && crashed.error.code, 'worker-crashed');
});

test.run();

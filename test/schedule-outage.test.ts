// A stopped nats-server: ticks are caught up as far as the window says. test/fault has the minute.
import { suite } from 'uvu';
import { checkOutage } from './schedule/outage.ts';

const test = suite('schedule outage');

test('ten seconds: a longer window, a shorter one, none, and the latest', async () => {
  await checkOutage({ stoppedMs: 10_000, shorterMs: 5_000 });
});

test.run();

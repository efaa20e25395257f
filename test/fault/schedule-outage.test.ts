// A nats-server that is stopped for a minute: ticks are caught up as far as the window says.
// Time limit: 300 s
import { suite } from 'uvu';
import { checkOutage } from '../schedule/outage.ts';

const test = suite('schedule outage, a minute');

test('sixty seconds: a longer window, a shorter one, none, and the latest', async () => {
  console.log(`\n  ${JSON.stringify(await checkOutage({ stoppedMs: 60_000, shorterMs: 20_000 }))}`);
});

test.run();

// Hosts of schedules are killed forty times: never two runs at once, no tick lost or doubled.
// Time limit: 1200 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkKills } from '../schedule/kills.ts';

const test = suite('schedule kills, forty');

test('two hosts, kill -9 in between, forty times', async () => {
  const report = await checkKills(40);
  console.log(`\n  ${JSON.stringify(report)}`);
  assert.ok(report.killsDuringRuns >= 20);
});

test.run();

// Hosts of schedules are killed in the middle of runs: never two at once, no tick lost or doubled.
// Time limit: 240 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkKills } from './schedule/kills.ts';

const test = suite('schedule kills');

test('two hosts, kill -9 in between', async () => {
  const report = await checkKills(3);
  console.log(`\n  ${JSON.stringify(report)}`);
  assert.ok(report.killsDuringRuns > 0);
});

test.run();

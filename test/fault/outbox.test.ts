// The outbox while everything is killed: ten thousand transactions.
// Time limit: 1200 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCampaign } from '../outbox/campaign.ts';

const test = suite('outbox, long campaigns');

test('ten thousand transactions', async () => {
  const report = await runCampaign({
    attempts: 10_000,
    actors: 40,
    strikeEveryMs: 500,
    attemptsBetween: 80,
    brokerAwayMs: 5_000,
  });
  console.log(`  ${JSON.stringify(report)}`);
  assert.ok(report.committedEvents > 10_000);
  assert.ok(report.committedTransactions > report.transactions * 0.6, 'the others commit');
  assert.ok(report.committedTransactions < report.transactions * 0.68, 'a third is rolled back');
  for (const [part, strikes] of Object.entries(report.strikes)) assert.ok(strikes > 0, part);
  assert.ok(report.equalNumbers > 1_000);
});

test.run();

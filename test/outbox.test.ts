// The outbox while everything is killed: a short campaign. The long one: npm test -- test/fault
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCampaign } from './outbox/campaign.ts';

const test = suite('outbox campaign');

test('exactly the committed events arrive, in order, once in effect; the table follows', async () => {
  const report = await runCampaign({
    attempts: 1_500,
    actors: 20,
    strikeEveryMs: 300,
    attemptsBetween: 80,
    brokerAwayMs: 1_000,
  });
  console.log(`  ${JSON.stringify(report)}`);
  assert.ok(report.committedEvents > 1_000);
  assert.ok(report.committedTransactions < report.transactions * 0.68, 'a third is rolled back');
  assert.is(report.strikes.broker, 1);
  assert.ok(report.equalNumbers > 100);
});

test.run();

// The simulation can fail: each defect of an earlier draft, planted again, is found within worlds.
// Time limit: 600 s
import { DEFECTS, runWorld, scenarioWorld, type WorldResult } from '@pawl/testing/simulation';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const WORLDS_MAX = 1_000;

const test = suite('simulation: planted defects');

const isBroken = ({ violations }: WorldResult): boolean => violations.length > 0;

for (const { name, faultKinds, scenario } of DEFECTS)
  test(`${name} is found, and its world is fine without it`, async () => {
    for (let seed = 1; seed <= WORLDS_MAX; seed += 1) {
      const result = await runWorld(scenarioWorld(String(seed), { defect: name }));
      if (!isBroken(result)) continue;
      const [first] = result.violations;
      console.log(`\n${name}: world ${seed}, ${first?.invariant}: ${first?.text.slice(0, 120)}`);
      const healthy = await runWorld(scenarioWorld(String(seed), { faultKinds, scenario }));
      assert.equal(healthy.violations, []);
      return;
    }
    assert.unreachable(`not found in ${WORLDS_MAX} worlds`);
  });

test('there are enough of them', () => {
  const ofHarbour = DEFECTS.filter(({ scenario }) => scenario === 'harbour');
  assert.ok(DEFECTS.length - ofHarbour.length >= 14);
  assert.ok(ofHarbour.length >= 10);
});

test.run();

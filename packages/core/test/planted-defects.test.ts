// The property test finds each planted defect of the fold.
// Time limit: 600 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PLANTED_DEFECTS } from './walk/planted-defects.ts';
import { PLANTED_FINDINGS } from './walk/planted-findings.ts';
import { Walk, type Difference } from './walk/walk.ts';

const WALKS_MAX = 150;
const STEPS_PER_WALK = 120;
const FIRST_SEED = 20_260_101;

const test = suite('planted defects of the fold');

for (const { name, fold, plant, codec } of [...PLANTED_DEFECTS, ...PLANTED_FINDINGS])
  test(`found: ${name}`, async () => {
    let found: Difference | undefined;
    let walks = 0;
    while (found === undefined && walks < WALKS_MAX) {
      found = (await new Walk(FIRST_SEED + walks, fold, plant, codec).run(STEPS_PER_WALK))
        .difference;
      walks += 1;
    }
    assert.ok(found, `not found in ${walks} walks`);
  });

test.run();

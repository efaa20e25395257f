// One process of a crew: runs its share of the worlds and tells of each.
import type { Share, WorldNews } from './crew.ts';
import { runWorld } from './run-world.ts';
import { scenarioWorld } from './scenario-world.ts';

const share = JSON.parse(process.argv[2] ?? '{}') as Share; // Written by crew.ts.
const tell = (news: WorldNews): Promise<void> =>
  new Promise((resolve) => process.send?.(news, () => resolve()));

for (let seed = share.first; seed < share.end; seed += share.step) {
  const result = await runWorld(scenarioWorld(String(seed), share));
  const { violations, counts, entries, faults } = result;
  await tell({ seed: String(seed), violations, counts: [...counts], entries, faults });
  if (violations.length > 0) break;
}
process.disconnect();

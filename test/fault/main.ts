// `npm run faults`: the real thing under faults, again and again, for as long as wanted.
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { freshSeed } from './fresh-seed.ts';

const HELP = `Usage: npm run faults -- [options]

Provisions instances on a simulated cloud while hosts, workers and nats-servers are killed and
frozen, then holds the cloud's books, the journal and the states against each other.

  --runs <number>       how many runs (default 1; 0: until something is wrong)
  --nodes <1|3>         servers of the broker (default: 1 and 3 in turn)
  --instances <number>  of each run (default 200)
  --span <seconds>      time over which they are created (default 40)
  --every <ms>          mean time between two faults (default 1500)
  --hosts <number>      (default 3)
  --workers <number>    (default 2)
  --seed <text>         of the first run (default: random)
  --quiet               say only how each run ended

Exit code: 0 when all was right, else 1.
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    nodes: { type: 'string' },
    instances: { type: 'string', default: '200' },
    span: { type: 'string', default: '40' },
    every: { type: 'string', default: '1500' },
    hosts: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: freshSeed() },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const runs = Number(values.runs);
for (let run = 0; runs === 0 || run < runs; run += 1) {
  const seed = run === 0 ? values.seed : `${values.seed}-${run}`;
  const nodes = Number(values.nodes ?? (run % 2 === 0 ? 1 : 3)) === 3 ? 3 : 1;
  const verdict = await runCampaign({
    seed,
    nodes,
    instances: Number(values.instances),
    spanMs: Number(values.span) * 1_000,
    strikeEveryMs: Number(values.every),
    hosts: Number(values.hosts),
    workers: Number(values.workers),
    ...(!values.quiet && { onLine: (line: string) => console.log(`  ${line}`) }),
  });
  const { faults, ...rest } = verdict;
  console.log(`seed ${seed}, ${nodes} node(s): ${JSON.stringify(rest)}`);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  if (faults.length > 0) {
    const nodesWord = `--nodes ${nodes} --instances ${values.instances} --span ${values.span}`;
    console.log(`Again: npm run faults -- --seed ${seed} ${nodesWord} --every ${values.every}`);
    process.exit(1);
  }
}
process.exit(0);

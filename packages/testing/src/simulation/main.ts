// npm run simulate: many worlds of a scenario, with progress, counts, and the story of a failure.
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runCrew } from './crew.ts';
import { DEFECTS } from './defects/all-defects.ts';
import { FAULT_KINDS, type FaultKind } from './fault.ts';
import { againText, brokenText, countsText, neverSeen } from './report.ts';
import { runWorld, type RunOptions } from './run-world.ts';
import { PROMISES, scenarioNameOf, scenarioWorld, SCENARIOS } from './scenario-world.ts';
import type { ScenarioName } from './scenario.ts';
import { examine } from './simulate.ts';

/** Fewer worlds need not meet every fault and crash point. */
const COUNTED_FROM = 1_000;
const BAR = 30;
const FRESH_SEED_MAX = 1_000_000_000;

const HELP = `Runs simulated worlds: the real hosts, workers and clients over a broker in memory.

  npm run simulate -- [--scenario shop|harbour] [--worlds 2000] [--seed n] [--processes n]
                      [--faults kind,kind|none] [--defect name]
                      [--only-faults 1,2|none] [--only-actions 1,2|none]

Without a seed the worlds are other ones each time; the seed is printed.

Faults: ${FAULT_KINDS.join(', ')}.
Defects that can be planted:
${DEFECTS.map(({ name, about }) => `  ${name}: ${about}`).join('\n')}`;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    worlds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(randomInt(1, FRESH_SEED_MAX)) },
    processes: { type: 'string', default: String(availableParallelism()) },
    faults: { type: 'string' },
    defect: { type: 'string' },
    'only-faults': { type: 'string' },
    'only-actions': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

const numberOf = (name: 'worlds' | 'seed' | 'processes'): number => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  return fail(`--${name} needs a whole number above 0, not ${values[name]}.`);
};

const listOf = (text: string): readonly string[] => (text === 'none' ? [] : text.split(','));

const indexesOf = (text: string | undefined): readonly number[] | undefined =>
  text === undefined ? undefined : listOf(text).map(Number);

const faultKinds = values.faults === undefined ? undefined : listOf(values.faults).map(faultKind);

function faultKind(name: string): FaultKind {
  const kind = FAULT_KINDS.find((known) => known === name);
  return kind ?? fail(`There is no fault ${name}. There are: ${FAULT_KINDS.join(', ')}.`);
}

const scenario = values.scenario === undefined ? undefined : scenarioOf(values.scenario);

function scenarioOf(name: string): ScenarioName {
  const known = Object.keys(SCENARIOS);
  if (known.includes(name)) return name as ScenarioName;
  return fail(`There is no scenario ${name}. There are: ${known.join(', ')}.`);
}

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (values.defect !== undefined && !DEFECTS.some(({ name }) => name === values.defect))
  fail(`There is no defect ${values.defect}; --help lists them.`);

const seed = numberOf('seed');
const worlds = numberOf('worlds');
const choice = { scenario, defect: values.defect, faultKinds };
/** What must have happened in many worlds. */
const { names: counted = [], unmet = [] } = PROMISES[scenarioNameOf(choice)].tally ?? {};
const create = (of: string): RunOptions => ({
  ...scenarioWorld(of, choice),
  onlyFaults: indexesOf(values['only-faults']),
  onlyActions: indexesOf(values['only-actions']),
});

/** One world, told in full. */
const runOne = async (): Promise<number> => {
  const result = await runWorld({ ...create(String(seed)), trace: (line) => console.log(line) });
  for (const { invariant, text } of result.violations) console.log(`BROKEN ${invariant}: ${text}`);
  console.log(
    `${result.faults} faults, ${result.entries} entries, ${result.violations.length} broken`,
  );
  return result.violations.length > 0 ? 1 : 0;
};

const runMany = async (): Promise<number> => {
  const counts = new Map<string, number>();
  const startedAt = performance.now();
  let done = 0;
  let entries = 0;
  let faults = 0;
  let broken: string | undefined;
  let shownAt = 0;
  const show = (isLast: boolean): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    if (!isLast && seconds - shownAt < (process.stderr.isTTY ? 0.2 : 10)) return;
    shownAt = seconds;
    const filled = Math.round((BAR * done) / worlds);
    const bar = `[${'#'.repeat(filled)}${' '.repeat(BAR - filled)}]`;
    const rate = (done / seconds).toFixed(1);
    const line = `${bar} ${done}/${worlds} worlds, ${rate}/s`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}${isLast ? '\n' : ''}` : `${line}\n`);
  };
  await runCrew({
    worlds,
    seed,
    processes: numberOf('processes'),
    ...choice,
    onWorld: (news) => {
      done += 1;
      entries += news.entries;
      faults += news.faults;
      for (const [name, count] of news.counts) counts.set(name, (counts.get(name) ?? 0) + count);
      if (news.violations.length > 0) {
        broken ??= news.seed;
        const [first] = news.violations;
        console.log(`World ${news.seed} broke a promise: ${first?.invariant}: ${first?.text}`);
        console.log(`  ${againText(news.seed, choice)}`);
      }
      show(false);
    },
  });
  show(true);
  console.log(`${told}: ${done} run, ${entries} entries, ${faults} faults`);
  console.log(countsText(counts, counted));
  if (broken !== undefined) {
    const failing = broken;
    console.error('Shortening the broken world…');
    const result = await runWorld(create(failing));
    console.log(brokenText(await examine(() => create(failing), result), choice));
    return 1;
  }
  const missing =
    faultKinds === undefined && done >= COUNTED_FROM ? neverSeen(counts, counted, unmet) : [];
  if (missing.length > 0) console.log(`Never came true: ${missing.join(', ')}`);
  return missing.length > 0 ? 1 : 0;
};

const told = `${worlds} worlds of the ${scenarioNameOf(choice)} from seed ${seed}`;
console.log(told);
process.exitCode = await (worlds === 1 ? runOne() : runMany());

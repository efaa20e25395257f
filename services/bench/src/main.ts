// Runs the bench: floor and Pawl in turns, one result, exit code 1 when it is not good enough.
import { runLimitsBench } from './limits-bench.ts';
import { HELP, readOptions, type BenchOptions } from './options.ts';
import { runOutboxBench } from './outbox-bench.ts';
import { createProgress } from './progress.ts';
import { faultsOf, measuredOf, reportOf, textOf } from './report.ts';
import { runRound, type RoundResult } from './round.ts';

const profile = async (options: BenchOptions): Promise<void> => {
  const result = await runRound('pawl', 'profile', options, createProgress(process.stderr));
  console.log(JSON.stringify(measuredOf([result])));
};

const bench = async (options: BenchOptions): Promise<void> => {
  const progress = createProgress(process.stderr);
  const results: Record<'floor' | 'pawl', RoundResult[]> = { floor: [], pawl: [] };
  for (let round = 1; round <= options.rounds; round += 1)
    for (const contestant of ['floor', 'pawl'] as const) {
      const title = `${contestant} ${round}/${options.rounds}`;
      results[contestant].push(await runRound(contestant, title, options, progress));
    }
  const report = reportOf(options, results.pawl, results.floor);
  console.log(options.json ? JSON.stringify(report) : textOf(report));
  const faults = faultsOf(report);
  for (const fault of faults) console.error(`Not good enough: ${fault}.`);
  if (faults.length > 0) process.exitCode = 1;
};

const run = async (words: readonly string[]): Promise<void> => {
  const other = [
    ['--outbox', runOutboxBench],
    ['--limits', runLimitsBench],
  ] as const;
  for (const [word, measure] of other) {
    if (!words.includes(word)) continue;
    const faults = await measure();
    for (const fault of faults) console.error(`Not good enough: ${fault}.`);
    if (faults.length > 0) process.exitCode = 1;
    return;
  }
  const options = readOptions(words);
  if (options === undefined) console.log(HELP);
  else await (options.profileFolder === undefined ? bench(options) : profile(options));
};

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});

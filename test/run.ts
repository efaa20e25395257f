// Runs test files, each in a process of its own, as many at once as there are cores:
//   node --import tsx --conditions=source test/run.ts [folder or file…] [pattern…]
//        [--jobs 2] [--time-limit 180]
// A word that is no path is a regular expression that paths must match. A file that needs longer
// than the limit says so in a line of its own: `// Time limit: 600 s`. The files of long limits
// start first. So called, sources are run as they are; `npm test` builds first and runs the build.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileReport, FileResult } from './run-file.ts';

/** What came of one file. */
interface Outcome extends FileResult {
  readonly faults: readonly string[];
  /** What its suites printed of their failures. */
  readonly failures: string;
}

/** Many cores still share one disk and one set of ports. */
const JOBS_MAX = 8;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: String(Math.min(JOBS_MAX, availableParallelism())) },
    'time-limit': { type: 'string', default: '180' },
  },
});
const jobs = Math.max(1, Number(values.jobs));
const roots = positionals.filter((word) => existsSync(word));
const patterns = positionals.filter((word) => !existsSync(word)).map((word) => new RegExp(word));

const filesBelow = (path: string): string[] => {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', 'fixtures'].includes(entry.name)) return [];
    // The fault suite takes long: npm test -- test/fault
    if (join(path, entry.name) === join('test', 'fault')) return [];
    if (entry.isDirectory()) return filesBelow(join(path, entry.name));
    return entry.name.endsWith('.test.ts') ? [join(path, entry.name)] : [];
  });
};

/** How long a file may take, s. */
const timeLimitOf = (file: string): number =>
  Number(
    /^\/\/ Time limit: (\d+) s$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? values['time-limit'],
  );

const files = [...new Set((roots.length > 0 ? roots : ['.']).flatMap(filesBelow))]
  .filter((file) => patterns.every((pattern) => pattern.test(file)))
  .toSorted()
  .toSorted((one, other) => timeLimitOf(other) - timeLimitOf(one));

/** What a file prints is shown at once if nothing else can print in between. */
const isLive = jobs === 1 || files.length === 1;

/** Ends a file's process with all that it has started and not ended itself. */
const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') return void child.kill();
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(1);
  });

const runFile = async (file: string): Promise<Outcome & { output: string }> => {
  const child = fork(join(import.meta.dirname, 'run-file.ts'), [resolve(file)], {
    stdio: ['ignore', isLive ? 'inherit' : 'pipe', isLive ? 'inherit' : 'pipe', 'ipc'],
    detached: true, // A process group of its own, so that nothing of it is left behind.
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));

  const faults: string[] = [];
  let result: FileResult | undefined;
  let test = '';
  let failures = '';
  child.on('message', (report: FileReport) => {
    if (report.kind === 'test') test = report.name;
    if (report.kind === 'fault') faults.push(report.message);
    if (report.kind === 'failures') failures += `${report.text}\n`;
    if (report.kind === 'result') result = report;
  });
  const limit = timeLimitOf(file);
  const timer = setTimeout(() => {
    faults.push(`hangs: not over after ${limit} s${test && `, while "${test}" runs`}`);
    killGroup(child);
  }, limit * 1000);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  killGroup(child);
  running.delete(child);

  const end = signal === null ? `exit code ${code}` : String(signal);
  const place = test && `, while "${test}" ran`;
  if (result === undefined && faults.length === 0)
    faults.push(`ended before its tests were over (${end}${place})`);
  else if (code !== 0 && faults.length === 0) faults.push(`ended with ${end} after its tests`);
  return { ...(result ?? { passed: 0, failed: 0, skipped: 0 }), faults, failures, output };
};

const SLOWEST_SHOWN = 10;
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const times: (readonly [seconds: number, file: string])[] = [];

const describe = ({ passed, failed, skipped }: FileResult): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const work = async (queue: Iterator<[number, string]>): Promise<void> => {
  for (let next = queue.next(); !next.done; next = queue.next()) {
    const [index, file] = next.value;
    const title = `[${index + 1}/${files.length}] ${relative('.', file)}`;
    if (isLive) console.log(title);
    const startedAt = performance.now();
    const { output, faults, failures: shown, ...result } = await runFile(file);
    if (!isLive) console.log(`${title}\n${output}`.trimEnd());
    for (const fault of faults) console.log(`   FAIL  ${fault}`);
    const seconds = (performance.now() - startedAt) / 1000;
    times.push([seconds, file]);
    const failed = result.failed + faults.length;
    console.log(` ${describe({ ...result, failed })}, ${seconds.toFixed(1)} s`);
    totals.passed += result.passed;
    totals.failed += failed;
    totals.skipped += result.skipped;
    if (failed > 0)
      failures.push(
        [relative('.', file), ...faults, ...shown.trim().split('\n')].join('\n    ').trimEnd(),
      );
  }
};

if (files.length === 0) {
  totals.failed += 1;
  failures.push(`no test file matches ${positionals.join(' ') || 'anything here'}`);
} else {
  const queue = files.entries();
  await Promise.all(Array.from({ length: jobs }, () => work(queue)));
  if (totals.passed + totals.failed === 0) {
    totals.failed += 1;
    failures.push('every test was skipped');
  }
}
if (times.length > 1) {
  const slowest = times.toSorted(([one], [other]) => other - one).slice(0, SLOWEST_SHOWN);
  const lines = slowest.map(([seconds, file]) => `${seconds.toFixed(1).padStart(6)} s  ${file}`);
  console.log(`\nSlowest files:\n${lines.join('\n')}`);
}
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${describe(totals)}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

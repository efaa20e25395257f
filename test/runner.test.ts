// The test runner under test: whatever uvu lets pass in silence must make the runner exit 1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const FIXTURES = 'test/fixtures/runner';

interface Run {
  readonly code: number;
  readonly lines: readonly string[];
}

const run = async (...words: string[]): Promise<Run> => {
  const child = spawn(process.execPath, [...process.execArgv, 'test/run.ts', ...words], {
    cwd: `${import.meta.dirname}/..`,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, lines: output.trimEnd().split('\n') };
};

const runFixture = (name: string): Promise<Run> => run(`${FIXTURES}/${name}.test.ts`);

const test = suite('runner');

test('passes what passes', async () => {
  const { code, lines } = await runFixture('passes');
  assert.is(lines.at(-1), '2 passed, 0 failed');
  assert.is(code, 0);
});

test('counts and shows what is skipped', async () => {
  const { code, lines } = await runFixture('skips');
  assert.is(lines.at(-1), '1 passed, 0 failed, 1 skipped');
  assert.ok(lines.some((line) => line.includes("SKIP  1 of the suite's tests")));
  assert.is(code, 0);
});

/** What a run says of each file: the counts, and all the lines between its title and them. */
const sectionsOf = (lines: readonly string[]): Map<string, { counts: string; said: string }> => {
  const sections = new Map<string, { counts: string; said: string }>();
  let section = { counts: '', said: '' };
  for (const line of lines) {
    const [, name] = /^\[\d+\/\d+\] .*\/([^/]+)\.test\.ts$/.exec(line) ?? [];
    if (name !== undefined) sections.set(name, (section = { counts: '', said: '' }));
    section.said += `${line}\n`;
    const [, counts] = /^ (\d+ passed, \d+ failed.*), [\d.]+ s$/.exec(line) ?? [];
    if (counts !== undefined) {
      section.counts = counts;
      section = { counts: '', said: '' }; // What follows is said of no file.
    }
  }
  return sections;
};

/** What the run must count of each, and say of it. */
const FAILING: readonly [fixture: string, counts: string, said: string][] = [
  ['fails', '1 passed, 1 failed', '"bad"'],
  ['before-throws', '0 passed, 1 failed', 'no Error: Error: on purpose'],
  ['before-each-throws', '0 passed, 1 failed', 'on purpose'],
  ['after-each-throws', '0 passed, 1 failed', 'the suite stopped near "one"'],
  ['after-throws', '0 passed, 1 failed', 'an after hook threw: Error: on purpose'],
  ['throws-null', '1 passed, 1 failed', 'near "odd"'],
  ['forgets-run', '0 passed, 1 failed', 'is test.run() missing'],
  ['is-empty', '0 passed, 1 failed', 'a suite has no tests'],
  ['leaves-handle', '1 passed, 1 failed', 'left something open after its last test: '],
  ['rejects-unhandled', '0 passed, 1 failed', 'on purpose'],
  [
    'exits',
    '0 passed, 1 failed',
    'ended before its tests were over (exit code 0, while "one" ran)',
  ],
  ['hangs', '0 passed, 1 failed', 'hangs: not over after 1 s, while "endless" runs'],
  ['waits-for-nothing', '0 passed, 1 failed', 'exit code 13, while "stuck" ran'],
  ['does-not-load', '0 passed, 1 failed', 'could not be loaded: Error: on purpose'],
];

test('whatever fails is counted and shown with its file, also when several run at once', async () => {
  const { code, lines } = await run(FIXTURES, '--jobs=4');
  const sections = sectionsOf(lines);
  for (const [fixture, counts, said] of FAILING) {
    const section = sections.get(fixture);
    assert.is(section?.counts, counts, `${fixture}: ${section?.said}`);
    assert.ok(section?.said.includes(said), `${fixture}: ${section?.said}`);
  }
  assert.is(code, 1);
});

test('one failure in a run of one file is enough', async () => {
  const { code, lines } = await runFixture('fails');
  assert.is(lines.at(-1), '1 passed, 1 failed', lines.join('\n'));
  assert.is(code, 1);
});

test('a failure shows the line of the source', async () => {
  const { lines } = await runFixture('fails');
  assert.ok(
    lines.some((line) => line.includes(`${FIXTURES}/fails.test.ts:8:`)),
    lines.join('\n'),
  );
});

test('a run in which every test is skipped fails', async () => {
  const { code, lines } = await runFixture('only-skips');
  assert.is(lines.at(-1), '0 passed, 1 failed, 1 skipped');
  assert.ok(lines.some((line) => line.includes('every test was skipped')));
  assert.is(code, 1);
});

test('the files of long limits start first, and the slowest are named at the end', async () => {
  const { lines } = await run(FIXTURES, '/(hangs|passes).test', '--jobs=1');
  const titles = lines.filter((line) => line.startsWith('['));
  assert.equal(titles, [
    `[1/2] ${FIXTURES}/passes.test.ts`,
    `[2/2] ${FIXTURES}/hangs.test.ts`, // Its limit is a second.
  ]);
  const slowest = lines.slice(lines.indexOf('Slowest files:') + 1).slice(0, 2);
  const seconds = slowest.map((line) => Number(/^ *([\d.]+) s {2}\S+\.test\.ts$/.exec(line)?.[1]));
  assert.ok((seconds[0] ?? NaN) >= (seconds[1] ?? NaN), slowest.join('\n'));
});

test('fails when nothing matches', async () => {
  for (const words of [[FIXTURES, 'no-such-name'], ['no/such/folder'], ['test/fixtures/no']]) {
    const { code, lines } = await run(...words);
    assert.is(lines.at(-1), '0 passed, 1 failed');
    assert.ok(lines.some((line) => line.includes(`no test file matches ${words.join(' ')}`)));
    assert.is(code, 1);
  }
});

test('takes several paths, a pattern and several jobs, and adds up', async () => {
  const { code, lines } = await run(FIXTURES, 'packages', '/(passes|skips|fails).test', '--jobs=2');
  assert.is(lines.at(-1), '4 passed, 1 failed, 1 skipped', lines.join('\n'));
  for (const name of ['passes', 'skips', 'fails'])
    assert.ok(
      lines.some((line) => line.endsWith(`/3] ${FIXTURES}/${name}.test.ts`)),
      name,
    );
  assert.is(code, 1);
});

test.run();

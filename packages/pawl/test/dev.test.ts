// `pawl dev --watch` as a process: reloads, keeps living actors, survives what does not load.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { StateView } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from '../src/cli/program.ts';
import { openClient } from '../src/bind.ts';
import { connect, type Client, type Connection } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';

interface Line {
  readonly what?: string;
  readonly server?: string;
  readonly machines?: readonly { readonly kind?: string; readonly version?: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** JSON lines of a stream, one after the other. */
const readLines = (stream: Readable): (() => Promise<Line>) => {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done === true) throw new Error('pawl dev has ended.');
    return JSON.parse(line.value) as Line;
  };
};

const folder = mkdtempSync(join(tmpdir(), 'pawl-dev-'));
const file = join(folder, 'volume.ts');
const source = readFileSync(join(import.meta.dirname, 'volume.machine.ts'), 'utf8')
  .replace("from 'zod';", "from 'zod';\nimport { prefix } from './prefix.ts';")
  .replace('`backend-$', '`${prefix}-$');
const edit = (change: (text: string) => string): void => writeFileSync(file, change(source));

let child: ChildProcess;
let nextOut: () => Promise<Line>;
let nextError: () => Promise<Line>;
let connection: Connection;
let client: Client;
let server: string;

/** The next line of this kind; states in between are skipped. */
const next = async (what: string): Promise<Line> => {
  for (;;) {
    const line = await nextOut();
    if (line.what === what) return line;
  }
};

const run = async (...words: string[]): Promise<{ state: StateView; err: string }> => {
  const terminal = createFakeTerminal();
  await runProgram(['--json', ...words], terminal, { server, version: '1' });
  return {
    state: JSON.parse(terminal.out.join('') || 'null') as StateView,
    err: terminal.err.join(''),
  };
};

const makeVolume = async (id: string): Promise<StateView> => {
  const { err } = await run('create', 'volume', id, 'name=x', 'sizeGiB=9');
  assert.is(err, '');
  await client.actor('volume', id).waitFor((state) => state.matches('ok'));
  return (await run('get', 'volume', id)).state;
};

const test = suite('pawl dev');

test.before(async () => {
  await mkdir(join(folder, 'node_modules'));
  const here = join(import.meta.dirname, '..');
  const modules = { pawl: here, xstate: join(here, 'node_modules/xstate') };
  const root = join(here, '../../node_modules');
  for (const name of ['zod', 'tsx']) Object.assign(modules, { [name]: join(root, name) });
  for (const [name, target] of Object.entries(modules))
    symlinkSync(target, join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'prefix.ts'), "export const prefix = 'one';\n");
  edit((text) => text);
  const words = ['dev', file, '--watch', '--port', '0', '--json'];
  child = spawn(process.execPath, [...process.execArgv, 'packages/pawl/src/main.ts', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  assert.ok(child.stdout !== null && child.stderr !== null);
  nextOut = readLines(child.stdout);
  nextError = readLines(child.stderr);
  const ready = await next('ready');
  server = ready.server ?? '';
  connection = await connect({ servers: server });
  client = openClient({ connection });
});

test.after(async () => {
  await client.close();
  await connection.close();
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('new actors get an edited machine, living ones keep theirs', async () => {
  const old = await makeVolume('a-1');
  edit((text) =>
    text
      .replace('DELETE: z.object({}) }', 'DELETE: z.object({}), BREAK: z.object({}) }')
      .replace("initial: 'creating',", "initial: 'creating',\n  on: { BREAK: '.erred' },"),
  );
  const reloaded = await next('reloaded');
  assert.equal(
    reloaded.machines?.map(({ kind }) => kind),
    ['changed'],
  );
  const young = await makeVolume('a-2');
  assert.is(young.version, reloaded.machines?.[0]?.version);
  assert.is((await run('send', 'volume', 'a-2', 'BREAK')).state.value, 'erred');
  assert.match((await run('send', 'volume', 'a-1', 'BREAK')).err, 'unknown-event');
  const extended = (await run('send', 'volume', 'a-1', 'EXTEND', 'sizeGiB=50')).state;
  assert.is(extended.version, old.version);
  assert.is(extended.context['sizeGiB'], 50);
});

test('a file that the module imports is watched; a task alone leaves the machines', async () => {
  edit((text) => text);
  assert.equal(
    (await next('reloaded')).machines?.map(({ kind }) => kind),
    ['changed'],
  );
  writeFileSync(join(folder, 'prefix.ts'), "export const prefix = 'two';\n");
  assert.equal(
    (await next('reloaded')).machines?.map(({ kind }) => kind),
    ['same'],
  );
  const { context } = await makeVolume('b-1');
  assert.is(context['backendId'], 'two-x');
});

test('a machine that fails the check is told, and the earlier one stays', async () => {
  edit((text) => text.replace("tags: 'settled',\n      on", 'entry: () => {},\n      on'));
  const { error } = await nextError();
  assert.is(error?.code, 'machine-invalid');
  assert.equal(
    (await next('reloaded')).machines?.map(({ kind }) => kind),
    ['invalid'],
  );
  assert.is((await makeVolume('c-1')).value, 'ok');
});

test('a file that does not load is told, and everything goes on', async () => {
  edit((text) => `${text}\nexport const broken = {`);
  assert.match((await nextError()).error?.message ?? '', /end of file/);
  assert.is((await makeVolume('d-1')).value, 'ok');
  edit((text) => text);
  await next('reloaded');
});

test('it ends in order and takes its nats-server with it', async () => {
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.is(code, 0);
  const gone = await runProgram(['--timeout', '300ms', 'ls'], createFakeTerminal(), {
    server,
    version: '1',
  });
  assert.is(gone, 3);
});

test.run();

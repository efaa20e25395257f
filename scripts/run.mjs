// What `npm run …` and `npm test` call: brings pnpm and the dependencies, then does the work.
// Plain Node without dependencies, because it runs before there are any. Progress goes to stderr:
// stdout belongs to the command.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_MIN = [20, 20];
const SOURCES = ['--import', 'tsx', '--conditions=source'];
/** What the build has made of them: as users run it, and faster. */
const BUILT = ['--import', pathToFileURL(join(root, 'test', 'built.mjs')).href];

const say = (line) => process.stderr.write(`${line}\n`);
const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** A failure that needs no stack: its message says it all. */
class Failure extends Error {}

/**
 * Runs a program to its end; resolves to its exit code. `quiet` keeps what it says and shows it
 * only when it fails; otherwise its output goes where `stdout` says.
 */
const run = (program, words, { stdout = 'inherit', quiet = false } = {}) =>
  new Promise((resolve, reject) => {
    const isBatchFile = process.platform === 'win32' && program !== process.execPath;
    const child = spawn(program, words, {
      cwd: root,
      shell: isBatchFile,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', stdout, 'inherit'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    // The terminal interrupts the child as well; how it ends is then its own affair.
    const wait = () => {};
    const end = () => child.kill('SIGTERM');
    process.on('SIGINT', wait).on('SIGTERM', end);
    child.once('error', (error) => reject(new Failure(`${program}: ${error.message}`)));
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait).off('SIGTERM', end);
      if (quiet && code !== 0) say(output.trimEnd());
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });

/** Runs one step and says how it went and how long it took. */
const step = async (name, work) => {
  const startedAt = performance.now();
  const code = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  return code === 0;
};

/** The command of a dependency, as words for Node: no shell, no search. */
const commandOf = (dependency, name = dependency) => {
  const { bin } = readJson('node_modules', dependency, 'package.json');
  return join(root, 'node_modules', dependency, typeof bin === 'string' ? bin : bin[name]);
};

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]))
    throw new Failure(`Node ${NODE_MIN.join('.')} or newer is needed; this is ${process.version}.`);
};

/** A digest of all that decides what is installed. */
const digestOfManifests = () => {
  const folders = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  const hash = createHash('sha256').update(process.version.split('.')[0]);
  for (const folder of ['.', 'schemas', 'test', join('examples', 'outbox'), ...folders]) {
    const path = join(root, folder, 'package.json');
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'])
    hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
};

/** pnpm from PATH if its major version is the pinned one, else the pinned one through npm. */
const findPnpm = async () => {
  const pin = readJson('package.json').packageManager;
  const version = await new Promise((resolve) => {
    const child = spawn('pnpm', ['--version'], {
      cwd: root,
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', () => resolve('')); // Not on PATH.
    child.once('close', () => resolve(output.trim()));
  });
  if (version.split('.')[0] === pin.split('@')[1].split('.')[0]) return ['pnpm'];
  return ['npm', 'exec', '--yes', `--package=${pin}`, '--', 'pnpm'];
};

const install = async () => {
  const stamp = join(root, 'node_modules', '.pawl-stamp');
  const digest = digestOfManifests();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  say('…      dependencies');
  const [program, ...words] = await findPnpm();
  const all = [...words, 'install', '--frozen-lockfile', '--reporter=append-only'];
  const isDone = await step('dependencies', () => run(program, all, { quiet: true }));
  if (!isDone)
    throw new Failure(
      'The dependencies could not be installed. If a package.json was changed on purpose, ' +
        `bring pnpm-lock.yaml up to date: ${[program, ...words].join(' ')} install`,
    );
  writeFileSync(stamp, digest);
};

const node = (...words) => run(process.execPath, words);
const nodeQuietly = (...words) => run(process.execPath, words, { quiet: true });

const prettier = (flag) =>
  nodeQuietly(commandOf('prettier'), flag, '--cache', '--log-level=warn', '.');

const build = () => step('build', () => nodeQuietly(commandOf('typescript', 'tsc'), '-b'));

/** Every check but the tests; resolves to the number of those that failed. */
const check = async () => {
  const isFormatted = await step('format', () => prettier('--check'));
  const isBuilt = await build();
  // Without its types the lint would only repeat what the build has said.
  const isClean = isBuilt && (await step('lint', () => nodeQuietly(commandOf('oxlint'))));
  return [isFormatted, isClean].filter((isGood) => !isGood).length;
};

const test = async (words) => {
  const failed = await check();
  // Fetched here, so that no test's time limit pays for it. What it says is progress.
  const finder = [...BUILT, 'packages/nats-server/src/main.ts'];
  const hasServer = await step('nats-server', () => run(process.execPath, finder, { stdout: 2 }));
  if (failed > 0 || !hasServer) {
    console.log(`0 passed, ${failed + (hasServer ? 0 : 1)} failed`);
    return 1;
  }
  return node(...BUILT, 'test/run.ts', ...words);
};

const COMMANDS = {
  demo: (words) => node(...SOURCES, 'services/demo/src/main.ts', ...words),
  // Compiled, as users run it: the loader for sources costs every call of every arrow function.
  bench: async (words) => {
    const compile = () => nodeQuietly(commandOf('typescript', 'tsc'), '-b', 'services/bench');
    if (!(await step('build', compile))) return 1;
    return node('services/bench/dist/main.js', ...words);
  },
  simulate: async (words) =>
    (await build()) ? node('packages/testing/dist/simulation/main.js', ...words) : 1,
  pawl: (words) => node(...SOURCES, 'packages/pawl/src/main.ts', ...words),
  // Kills and stops of real processes, as long as wanted; its tests: npm test -- test/fault
  faults: (words) => node(...SOURCES, 'test/fault/main.ts', ...words),
  reference: () => node(...SOURCES, 'test/reference/main.ts'),
  build: async () => ((await build()) ? 0 : 1),
  check: async () => ((await check()) > 0 ? 1 : 0),
  format: async () => ((await step('format', () => prettier('--write'))) ? 0 : 1),
  test,
  // For what needs pnpm itself: `npm run pnpm -- install` after changing a package.json.
  pnpm: async (words) => {
    const [program, ...first] = await findPnpm();
    return run(program, [...first, ...words]);
  },
};

const [name, ...words] = process.argv.slice(2);
try {
  checkNode();
  if (!Object.hasOwn(COMMANDS, name ?? ''))
    throw new Failure(`Usage: npm run <${Object.keys(COMMANDS).join('|')}> [-- arguments]`);
  if (name !== 'pnpm') await install();
  process.exitCode = await COMMANDS[name](words[0] === '--' ? words.slice(1) : words);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = 2;
}

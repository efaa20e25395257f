// The public packages as a user gets them: packed, installed in an empty folder outside of the
// workspace, imported, and used by the README's first program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startNatsServer } from '@pawl/nats-server';

const ROOT = join(import.meta.dirname, '..');

/** What a user installs next to Pawl, in the versions of our own catalog. */
const USERS_OWN = ['xstate', 'zod', 'typescript', '@types/node'];
const ADDRESS_IN_README = 'localhost:4222';
const LINE_OF_PROGRAM = 'backend-data';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly version: string;
  readonly exports: Record<string, unknown>;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Runs a program; resolves to what it printed, and rejects with all of it when it fails. */
const run = async (cwd: string, program: string, ...words: string[]): Promise<string> => {
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: exit code ${code}\n${output}`);
  return output;
};

const versionInCatalog = (name: string): string => {
  const text = readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const line = text.split('\n').find((each) => each.replaceAll("'", '').startsWith(`  ${name}:`));
  if (line === undefined) throw new Error(`${name} is not in the catalog`);
  return line.slice(line.indexOf(': ') + 2).replaceAll("'", '');
};

/** The block of TypeScript in the README that this comment marks. */
const readProgram = (readme: string): string => {
  const block = /<!-- program: hello -->\s*```ts\n([^]*?)```/.exec(readFileSync(readme, 'utf8'));
  if (!block?.[1]) throw new Error(`${readme} has no \`\`\`ts block after its program comment`);
  return block[1];
};

const publicPackages = [
  'schemas',
  ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`),
]
  .map((folder) => ({ folder, ...readManifest(join(ROOT, folder)) }))
  .filter((each) => each.private !== true);

const folder = mkdtempSync(join(tmpdir(), 'pawl-pack-'));
const test = suite('pack');

test.before(async () => {
  await run(ROOT, process.execPath, 'node_modules/typescript/bin/tsc', '-b');
  const filters = publicPackages.flatMap((each) => ['--filter', each.name]);
  const packing = ['-r', ...filters, 'pack', '--pack-destination', folder];
  await run(ROOT, process.execPath, 'scripts/run.mjs', 'pnpm', ...packing);

  const dependencies = Object.fromEntries([
    ...USERS_OWN.map((name) => [name, versionInCatalog(name)]),
    ...publicPackages.map(({ name, version }) => {
      const tarball = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
      return [name, `file:./${tarball}`];
    }),
  ]) as Record<string, string>;
  // Our packages name each other by version; here that means the tarballs.
  const overrides = Object.fromEntries(publicPackages.map(({ name }) => [name, `$${name}`]));
  const manifest = { name: 'user', private: true, type: 'module', dependencies, overrides };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline');
});

test.after(() => rmSync(folder, { recursive: true }));

test('a packed manifest says nothing that only the workspace understands', () => {
  for (const { name } of publicPackages) {
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    for (const leak of ['catalog:', 'workspace:', '"source"'])
      assert.not.match(text, leak, `${name} says ${leak}`);
    assert.ok(existsSync(join(folder, 'node_modules', name, 'LICENSE')), `${name}: no LICENSE`);
  }
});

test('every package can be imported, and comes once', async () => {
  for (const { name, exports } of publicPackages)
    if ('.' in exports)
      await run(folder, process.execPath, '--input-type=module', '-e', `await import('${name}')`);
  for (const { name } of publicPackages)
    for (const other of publicPackages)
      assert.not(existsSync(join(folder, 'node_modules', name, 'node_modules', other.name)));
});

test('the command line of pawl runs', async () => {
  const manifest = readManifest(join(folder, 'node_modules', 'pawl'));
  const { bin } = manifest as Manifest & { readonly bin?: { readonly pawl: string } };
  assert.ok(bin, 'the packed manifest of pawl has no bin');
  const program = join('node_modules', 'pawl', bin.pawl);
  const said = await run(folder, process.execPath, program, '--version');
  assert.is(said.trim(), manifest.version);
});

test('types resolve in a strict nodenext project', async () => {
  const imports = publicPackages
    .filter(({ exports }) => '.' in exports)
    .map(({ name }, index) => `import * as package${index} from '${name}';\nvoid package${index};`);
  writeFileSync(join(folder, 'imports.ts'), `${imports.join('\n')}\n`);
  await compile('imports.ts');
});

const compile = async (file: string): Promise<void> => {
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  await run(folder, process.execPath, compiler, '--ignoreConfig', ...flags, file);
};

/** Runs a program that goes on for ever until it prints its first line. */
const firstLineOf = async (file: string): Promise<string> => {
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const end = once(child, 'close').then(() => [`ended without a line: ${errors}`] as const);
  const [first] = await Promise.race([line, end]);
  child.kill();
  await end;
  return first;
};

const readme = join(ROOT, 'README.md');
const testProgram = existsSync(readme) ? test : test.skip;

testProgram("the README's program type-checks and prints its line", async () => {
  const program = readProgram(readme);
  assert.ok(program.includes(ADDRESS_IN_README), `the program connects to ${ADDRESS_IN_README}`);
  const server = await startNatsServer();
  try {
    const address = `127.0.0.1:${server.port}`;
    writeFileSync(join(folder, 'hello.ts'), program.replaceAll(ADDRESS_IN_README, address));
    await compile('hello.ts');
    assert.is(await firstLineOf('hello.js'), LINE_OF_PROGRAM);
  } finally {
    await server.stop();
  }
});

test.run();

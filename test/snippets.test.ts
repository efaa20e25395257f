// Snippets in documents compile: every ```ts block, by the same strict rules as the sources.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutIncludedFiles } from './reference/included-files.ts';
import { listFiles } from './sources.ts';

const test = suite('snippets');
const FOLDER = join('test', '.snippets');
const BLOCK = /```ts\n(.*?)```/gs;

const blocksOf = (path: string): string[] =>
  [...withoutIncludedFiles(readFileSync(path, 'utf8')).matchAll(BLOCK)].map(
    ([, code]) => code ?? '',
  );

test('every ts block of every document compiles', () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const written = new Map<string, string>();
  for (const path of listFiles(':(glob)*.md', ':(glob)docs/**/*.md'))
    for (const [index, code] of blocksOf(path).entries()) {
      const name = `${path.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${index + 1}.ts`;
      writeFileSync(join(FOLDER, name), `${code}\nexport {};\n`);
      written.set(name, path);
    }
  assert.ok(written.size >= 4, 'there are snippets');
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noPropertyAccessFromIndexSignature: false,
    },
    include: ['*.ts'],
  };
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config));
  try {
    execFileSync('node', ['node_modules/typescript/bin/tsc', '-p', FOLDER], { encoding: 'utf8' });
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    assert.unreachable(`a snippet does not compile:\n${stdout}`);
  }
  rmSync(FOLDER, { recursive: true, force: true });
});

test.run();

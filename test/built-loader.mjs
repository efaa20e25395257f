// A loader that takes compiled files for the sources of packages, and compiles tests on the way.
// Sources compiled while they run are slower: tsx keeps the names of functions by a call for each.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { transform } from 'esbuild';

const SOURCE = /\/((?:packages|services)\/[^/]+)\/src\/([^?]*)\.ts(?=$|\?)/;

/** Node's `resolve` hook: a source file of a package is the file compiled from it. */
export const resolve = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  return { ...resolved, url: resolved.url.replace(SOURCE, '/$1/dist/$2.js') };
};

/** Node's `load` hook: strips types, line by line. */
export const load = async (url, context, nextLoad) => {
  const file = new URL(url);
  if (!file.pathname.endsWith('.ts')) return nextLoad(url, context);
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader: 'ts',
    target: 'node20',
    sourcefile: basename(file.pathname),
    sourcemap: 'inline',
    sourcesContent: false,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return { format: 'module', source: code, shortCircuit: true };
};

// The project's own source files, as text, for the tests that read them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Tracked and new files that match, with paths from the top of the repository. */
export const listFiles = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...patterns], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path)); // A deleted file is listed until committed.

/** The text of a file. */
export const readSource = (path: string): string => readFileSync(path, 'utf8');

const COMMENT_OR_STRING =
  /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** Code without its comments and with its strings emptied; lines stay where they are. */
export const stripText = (code: string): string =>
  code.replace(COMMENT_OR_STRING, (text) => {
    const lines = '\n'.repeat(text.split('\n').length - 1);
    return text.startsWith('/') ? lines : `''${lines}`;
  });

/** Code without its comments. */
const stripComments = (code: string): string =>
  code.replace(COMMENT_OR_STRING, (text) => (text.startsWith('/') ? '' : text));

const IMPORTS: readonly RegExp[] = [
  /^(?:import|export)\b[^;'"`]*?\bfrom\s+'([^']+)'/gm,
  /^import\s+'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'\s*\)/g,
];

/** What a file imports, type imports and dynamic ones included. The code is formatted. */
export const importsOf = (path: string): string[] => {
  const code = stripComments(readSource(path));
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name ?? ''));
};

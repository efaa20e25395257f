// Files that documents show: a block under `<!-- file: path -->` is that file, word for word.
import { readFileSync } from 'node:fs';

const INCLUDED = /(<!-- file: (\S+) -->\n\n```\w+\n)[^]*?(```)/g;

/** The document with the files as they are now. */
export const withIncludedFiles = (document: string): string =>
  document.replaceAll(
    INCLUDED,
    (_all, start: string, path: string, end: string) =>
      `${start}${readFileSync(path, 'utf8').trimEnd()}\n${end}`,
  );

/** The document without them: what they are is compiled elsewhere. */
export const withoutIncludedFiles = (document: string): string => document.replaceAll(INCLUDED, '');

// The style rules a machine can hold, as tests: a rule that nothing checks is only a wish.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listFiles, readSource, stripText } from './sources.ts';

const LINES_MAX = 300;
const COLUMNS_MAX = 100;
const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|machine|tasks|contract))?\.(ts|mjs)$/;
const VAGUE_NAME = /(^|\/)(utils?|helpers?|common|misc|types|managers?)(\.ts|\/)/;

/** What no line may hold, what to use instead, and the only files that may hold it. */
const BANNED: readonly [pattern: RegExp, instead: string, exempt: RegExp][] = [
  [/\bFIXME\b/, 'finish it before it lands', /^test\/tidy/],
  [/\bTODO(?!\(#\d+\))/, 'TODO(#issue)', /^test\/tidy/],
  [/\.only\(/, 'run the one file instead', /^test\/tidy/],
  [/@ts-(ignore|nocheck)|(oxlint|eslint)-disable/, 'mend the cause', /^test\/tidy/],
  [/@ts-expect-error/, 'mend the cause', /\.test\.ts$/],
  [/\bDate\.now\(|\bnew Date\(\)/, 'the Clock port', /(^|\/)(main|clock)\.ts$|^test\/tidy/],
  [
    /\bprocess\.env\b/,
    'an option, read once in main.ts',
    /(^|\/)main\.ts$|^packages\/(nats-server\/src|testing\/src\/postgres)\/environment\.ts$|^scripts\/|^test\/tidy/,
  ],
];

/** Files that are broken on purpose. */
const IS_FIXTURE = /^test\/fixtures\//;

// `any` where only a type can stand, as far as a line tells; the lint knows the rest.
const ANY: readonly RegExp[] = [
  /(?:[:<|&]|\bas|\bextends)\s*any\b(?!\s*[:(?.]|\s*=[>=])/,
  /,\s*any\b(?=\s*[>[|])/,
  /(?:\btype\b.*|<[^>]*)=\s*any\b/,
  /\bz\.any\(/,
];

const hasAny = (code: string): boolean => ANY.some((pattern) => pattern.test(code));

const EXPORT =
  /^export (?:declare |abstract |async )*(?:const|function\*?|class|interface|type) (\w+)/;

/** Exports that nothing is said about. Further overloads of a function need no words. */
const bareExportsOf = (lines: readonly string[]): string[] => {
  const seen = new Set<string>();
  return lines.flatMap((line, index) => {
    const name = EXPORT.exec(line)?.[1];
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    return lines[index - 1]?.endsWith('*/') ? [] : [`${index + 1}: ${name} has no docstring`];
  });
};

const faultsOf = (path: string): string[] => {
  const text = readSource(path);
  const lines = text.trimEnd().split('\n');
  const code = stripText(text).split('\n');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const faults: string[] = [];
  if (lines.length > LINES_MAX) faults.push(`${lines.length} lines, at most ${LINES_MAX}`);
  if (!FILE_NAME.test(name)) faults.push('the file name is not kebab-case');
  if (VAGUE_NAME.test(path)) faults.push('name files and folders after what they do');
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  if (!first?.startsWith('// ')) faults.push('the first line does not say what the file is for');
  if (name.endsWith('.test.ts') && !IS_FIXTURE.test(path) && lines.at(-1) !== 'test.run();')
    faults.push('the last line is not test.run();');
  if (/^packages\/[^/]+\/src\//.test(path)) faults.push(...bareExportsOf(lines));
  for (const [index, line] of lines.entries()) {
    const place = `${index + 1}`;
    // The formatter keeps code within the width, but for literals that cannot be broken.
    const isComment = /^\s*(\/\/|\/?\*)/.test(line);
    if (isComment && line.length > COLUMNS_MAX && !line.includes('://'))
      faults.push(`${place}: too wide`);
    if (hasAny(code[index] ?? '')) faults.push(`${place}: any is banned, use unknown`);
    for (const [pattern, instead, exempt] of BANNED)
      if (pattern.test(line) && !exempt.test(path))
        faults.push(`${place}: ${pattern} is banned, use ${instead}`);
  }
  return faults;
};

const test = suite('tidy');

test('any is found wherever it is a type, and only there', () => {
  const found = [
    'let x: any;',
    'f(y as any)',
    'new Map<string, any>()',
    'let z: string | any[]',
    'const f = <T = any>() => 1;',
    'type A = any;',
    'z.any()',
  ];
  const free = [
    '// any',
    'const any = 1',
    "say('as any')",
    'anyOf(x)',
    '{ any: 1 }',
    'is.any(x)',
    'f(a, any)',
  ];
  assert.equal(
    found.filter((line) => !hasAny(stripText(line))),
    [],
  );
  assert.equal(
    free.filter((line) => hasAny(stripText(line))),
    [],
  );
});

test('every source file keeps the rules', () => {
  const found = listFiles('*.ts', '*.mjs').flatMap((path) =>
    faultsOf(path).map((fault) => `${path}: ${fault}`),
  );
  assert.is(found.join('\n'), '');
});

test.run();

// The page about delivery names a test for each crash point: they must be there.
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('delivery page');

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/internals/delivery.md', root), 'utf8');
const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`: _([^_]+)_/g)].map(
  ([, file = '', name = '']) => ({ file, name }),
);

const textOf = (file: string): string => {
  const path = file.includes('/') ? file : `packages/host/test/${file}`;
  const url = new URL(path, root);
  assert.ok(existsSync(url), `${path} is not there`);
  return readFileSync(url, 'utf8');
};

test('every test that the page names exists', () => {
  assert.ok(named.length > 35, `only ${named.length} tests are named`);
  const missing = named.filter(({ file, name }) => !textOf(file).includes(`'${name}'`));
  assert.equal(missing, []);
});

test('every crash point that is tested stands on the page', () => {
  const points = [...textOf('crash-points.test.ts').matchAll(/^ {2}\['([^']+)',/gm)];
  assert.ok(points.length >= 12);
  for (const [, point = ''] of points) assert.ok(page.includes(`_${point}_`), point);
});

test.run();

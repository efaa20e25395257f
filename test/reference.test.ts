// The reference pages say what the code does.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { referencePages } from './reference/pages.ts';

const test = suite('reference pages');

for (const { path, text } of referencePages())
  test(`${path} is what the code says: npm run reference`, async () => {
    const config = await resolveConfig(path);
    const wanted = await format(text, { ...config, filepath: path });
    assert.is(readFileSync(path, 'utf8'), wanted);
  });

test.run();

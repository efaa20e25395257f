// The table of what is under way: numbers, removal, growth, and no number twice.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TokenTable } from '../src/index.ts';

const test = suite('token table');

test('an item stands under its number until it is removed', () => {
  const table = new TokenTable<string>();
  const one = table.add('one');
  const two = table.add('two');
  assert.is(table.get(one), 'one');
  assert.is(table.remove(one), 'one');
  assert.is(table.remove(one), undefined);
  assert.is(table.get(one), undefined);
  assert.is(table.get(two), 'two');
  assert.is(table.size, 1);
});

test('numbers that were never given out, or are none, stand for nothing', () => {
  const table = new TokenTable<string>();
  table.add('one');
  for (const token of [0, -1, 65, Number.NaN]) assert.is(table.get(token), undefined);
});

test('one old item stays in its place while thousands come and go', () => {
  const table = new TokenTable<string>();
  const old = table.add('old');
  const seen = new Set<number>([old]);
  for (let index = 0; index < 10_000; index += 1) {
    const token = table.add(`item ${index}`);
    assert.not.ok(seen.has(token));
    seen.add(token);
    assert.is(table.remove(token), `item ${index}`);
  }
  assert.is(table.get(old), 'old');
  assert.equal(table.entries(), [[old, 'old']]);
});

test('it grows, keeps every number, and lists the oldest first', () => {
  const table = new TokenTable<number>();
  const tokens = Array.from({ length: 5_000 }, (_, index) => table.add(index));
  assert.is(table.size, 5_000);
  for (const [index, token] of tokens.entries()) assert.is(table.get(token), index);
  assert.equal(
    table.entries().map(([, item]) => item),
    tokens.map((_, index) => index),
  );
});

test.run();

// BoundedMap: never more than its size, and the longest unset go first.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BoundedMap } from '../src/bounded-map.ts';

const test = suite('bounded map');

test('holds at most so many entries, and keeps those that were set last', () => {
  const map = new BoundedMap<number, string>(16);
  for (let key = 0; key < 1000; key += 1) {
    map.set(key, `value ${key}`);
    assert.ok(map.size <= 16);
    assert.is(map.get(key), `value ${key}`);
  }
  assert.is(map.get(990), 'value 990');
  assert.is(map.get(980), undefined);
});

test('setting a key again makes it the newest', () => {
  const map = new BoundedMap<string, number>(8);
  for (let round = 0; round < 20; round += 1) {
    map.set('kept', round);
    map.set(`other ${round}`, round);
  }
  assert.is(map.get('kept'), 19);
  assert.is(map.get('other 0'), undefined);
});

test('a size of one holds the last entry', () => {
  const map = new BoundedMap<string, number>(1);
  map.set('first', 1);
  map.set('second', 2);
  assert.is(map.get('first'), undefined);
  assert.is(map.get('second'), 2);
  map.delete('second');
  assert.is(map.size, 0);
});

test.run();

// The rule of shares: equal but for one, one at a time, and nobody counts who has been silent.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SILENT_MS, shareOf, type Peer, type ShareAnswer } from '../src/partition/shares.ts';

const test = suite('shares');
const now = 1_000_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const types = ['volume'];
const peer: Peer = { host: 'other', at: now - 100, held: 0, types };
const alive = (...held: number[]): Peer[] =>
  held.map((count, index) => ({ ...peer, host: `other-${index}`, held: count }));
const ask = (held: number, peers: readonly Peer[], partitions: number = 32): ShareAnswer =>
  shareOf({ host: 'me', held: range(held), types, partitions, peers, now });

test('alone, a host keeps everything, and takes everything', () => {
  assert.equal(ask(32, []), { isStandby: false, isShort: false, give: undefined });
  assert.equal(ask(31, []), { isStandby: false, isShort: true, give: undefined });
});

test('when another joins, the partition with the largest number goes first', () => {
  assert.equal(ask(32, alive(0)), { isStandby: false, isShort: false, give: 31 });
  assert.is(ask(17, alive(15)).give, 16);
  assert.is(ask(16, alive(16)).give, undefined);
});

test('nothing moves only because one has to have one more', () => {
  assert.is(ask(1, alive(0), 1).give, undefined);
  assert.is(ask(3, alive(3, 2), 8).give, undefined);
  assert.is(ask(3, alive(3, 3, 0), 9).give, 2, 'but for one who has too few');
});

test('giving ends with equal shares, whatever the numbers and the order', () => {
  for (const partitions of [1, 2, 7, 32])
    for (let hosts = 1; hosts <= 9; hosts += 1) {
      const counts = [partitions, ...range(hosts - 1).map(() => 0)];
      for (let moves = 0; moves < 200; moves += 1) {
        const giver = counts.findIndex((held, me) => {
          const others = counts.filter((_, index) => index !== me);
          return ask(held, alive(...others), partitions).give !== undefined;
        });
        if (giver < 0) break;
        const taker = counts.indexOf(Math.min(...counts));
        counts[giver] = (counts[giver] ?? 0) - 1;
        counts[taker] = (counts[taker] ?? 0) + 1;
      }
      const shares = `${partitions} among ${hosts}: ${counts.join()}`;
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, shares);
    }
});

test('a host that was silent for long does not count', () => {
  const silent = { ...peer, host: 'gone', at: now - SILENT_MS };
  assert.is(ask(32, [silent]).give, undefined);
  assert.is(ask(32, [silent, ...alive(0)]).give, 31);
});

test('its own heartbeat is not another host', () => {
  assert.is(ask(32, [{ ...peer, host: 'me' }]).give, undefined);
});

test('a host stands by while another has all its types and more; others share without it', () => {
  const rich = { ...peer, host: 'rich', types: ['instance', 'volume'] };
  const standby = { isStandby: true, isShort: false, give: undefined };
  assert.equal(ask(32, [rich]), standby);
  assert.equal(ask(0, [rich, ...alive(0)]), standby);
  const gone = { ...rich, at: now - SILENT_MS };
  assert.equal(ask(0, [gone]), { isStandby: false, isShort: true, give: undefined });
  const asRich = (held: number, peers: readonly Peer[]): ShareAnswer =>
    shareOf({ ...rich, held: range(held), partitions: 32, peers, now });
  assert.equal(asRich(20, alive(12)), { isStandby: false, isShort: true, give: undefined });
  assert.is(asRich(32, alive(0)).give, undefined);
  assert.is(asRich(32, [{ ...rich, host: 'other' }, ...alive(0)]).give, 31);
});

test('of two hosts that both lack a type of the other, neither stands by', () => {
  const other = { ...peer, types: ['instance'] };
  assert.equal(ask(32, [other]), { isStandby: false, isShort: false, give: 31 });
});

test.run();

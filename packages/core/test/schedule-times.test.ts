// Nominal times: of cron in zones, held against a search over all minutes, and of spans of time.
import { comingTimes, divideEvery, divideTimes, nextTime, nextTimes, tickToken } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHANGING_ZONES } from './changing-zones.ts';

const test = suite('schedule times');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const YEAR = 2026;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes since midnight on the wall, and the day, without any cron library. */
const wallOf = (zone: string, time: number): { readonly day: string; readonly minute: number } => {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const rest = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const;
    clocks.set(zone, (clock = new Intl.DateTimeFormat('en-CA', { ...parts, ...rest })));
  }
  const [day = '', hour = '', minute = ''] = clock.format(time).split(/, |:/);
  return { day, minute: Number(hour) * 60 + Number(minute) };
};

const offsetOf = (zone: string, time: number): number => {
  const { day, minute } = wallOf(zone, time);
  return Date.parse(`${day}T00:00:00Z`) + minute * MINUTE - time;
};

/** Moments at which the zone's offset changes in the year. */
const changesOf = (zone: string): { readonly at: number; readonly byMs: number }[] => {
  const changes: { at: number; byMs: number }[] = [];
  const end = Date.UTC(YEAR + 1, 0, 1);
  for (let time = Date.UTC(YEAR, 0, 1); time < end; time += 15 * MINUTE) {
    const byMs = offsetOf(zone, time + 15 * MINUTE) - offsetOf(zone, time);
    if (byMs !== 0) changes.push({ at: time + 15 * MINUTE, byMs });
  }
  return changes;
};

/** The two days around a change, minute by minute. */
const minutesAround = (at: number): number[] =>
  Array.from({ length: (2 * DAY) / MINUTE }, (_, index) => at - DAY + index * MINUTE);

for (const zone of CHANGING_ZONES) {
  test(`${zone}: what fires every quarter fires at each quarter on the wall, also twice`, () => {
    const changes = changesOf(zone);
    assert.is(changes.length, 2, 'both changes of the year are there');
    for (const { at } of changes) {
      const minutes = minutesAround(at);
      const wanted = minutes.filter((time) => wallOf(zone, time).minute % 15 === 0);
      const [from = 0] = minutes;
      const fired = nextTimes('0 */15 * * * *', zone, from - 1, wanted.length);
      assert.equal(
        fired.map((time) => new Date(time).toISOString()),
        wanted.map((time) => new Date(time).toISOString()),
      );
    }
  });

  test(`${zone}: what fires once a day fires once on every day of the year`, () => {
    const changes = changesOf(zone);
    for (let minute = 0; minute < 24 * 60; minute += 30) {
      const cron = `0 ${minute % 60} ${Math.floor(minute / 60)} * * *`;
      for (const { at, byMs } of changes) {
        const fired = nextTimes(cron, zone, at - 2 * DAY, 4);
        const days = fired.map((time) => wallOf(zone, time).day);
        assert.is(
          new Set(days).size,
          4,
          `${cron} around ${new Date(at).toISOString()}: ${days.join(' ')}`,
        );
        for (const time of fired) {
          const wall = wallOf(zone, time).minute;
          if (wall === minute) {
            // Of a time that comes twice, the first.
            if (byMs < 0)
              assert.is.not(wallOf(zone, time + byMs).minute === minute && time >= at, true);
            continue;
          }
          // A time that is left out comes when the clock has been changed, or as much later.
          assert.ok(
            byMs > 0 && time >= at && time - at <= byMs,
            `${cron}: ${new Date(time).toISOString()}`,
          );
        }
      }
    }
  });
}

test('every time comes after the one before, and asking from anywhere gives the same', () => {
  const all = nextTimes('0 10,40 1-3 * * *', 'Europe/Berlin', Date.UTC(YEAR, 2, 27), 24);
  for (const [index, time] of all.entries()) {
    const before = all[index - 1] ?? Date.UTC(YEAR, 2, 27);
    assert.ok(time > before);
    assert.is(nextTime('0 10,40 1-3 * * *', 'Europe/Berlin', time - 1), time);
    assert.is(nextTime('0 10,40 1-3 * * *', 'Europe/Berlin', before), time);
  }
});

test('of what has gone by, the latest or all within the window', () => {
  const times = [10, 20, 30, 40].map((second) => second * 1000);
  assert.equal(divideTimes(times, 41_000, 'latest'), { due: [40_000], missed: 3 });
  assert.equal(divideTimes(times, 41_000, 15_000), { due: [30_000, 40_000], missed: 2 });
  assert.equal(divideTimes(times, 49_000, 0), { due: [40_000], missed: 3 }, 'on time is on time');
  assert.equal(divideTimes(times, 60_000, 0), { due: [], missed: 4 });
  assert.equal(divideTimes([], 60_000, 0), { due: [], missed: 0 });
});

test('of a span of time, any number of times is divided at once', () => {
  const every = { anchor: 500, everyMs: 1000 };
  assert.equal(divideEvery(every, 500, 3_600_500, 2_000), {
    due: [3_598_500, 3_599_500, 3_600_500],
    missed: 3_597,
  });
  assert.equal(divideEvery(every, 3_600_500, 3_601_400, 0), { due: [], missed: 0 });
  const year = divideEvery(every, 500, 500 + 365 * DAY, 365 * DAY);
  assert.is(year.due.length, 1000);
  assert.is(year.due.length + year.missed, (365 * DAY) / 1000);
});

test('after a long time nobody counts for ever, and the last ones are right', () => {
  const now = Date.UTC(YEAR, 5, 1, 12, 0, 0, 400);
  const input = { cron: '* * * * * *', timeZone: 'UTC', after: now - 30 * DAY, now, count: 3 };
  const { due, missed, coming } = comingTimes({ ...input, catchUp: 5_000 });
  assert.equal(
    due.map((time) => now - time),
    [4_400, 3_400, 2_400, 1_400, 400],
  );
  assert.ok(Math.abs(missed + due.length - (30 * DAY) / 1000) < 2_000, String(missed));
  assert.equal(
    coming.map((time) => time - now),
    [600, 1_600, 2_600],
  );
});

test('a nominal time becomes part of an id', () => {
  assert.is(tickToken(Date.UTC(2026, 10, 24, 8, 45)), '20261124T084500Z');
  assert.is(tickToken(Date.UTC(2026, 10, 24, 8, 45, 0, 250)), '20261124T084500250Z');
});

test.run();

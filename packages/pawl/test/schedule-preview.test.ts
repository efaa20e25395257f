// The preview of a schedule: what a change of the clock does to each time, and that what is armed
// is what was previewed.
import { newScheduleContext, schedule } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHANGING_ZONES } from '../../core/test/changing-zones.ts';
import { comingTicks, type ComingTick } from '../src/cli/show/coming-ticks.ts';
import { armedTicks } from './armed-ticks.ts';
import { WallClock, wallText } from '../src/cli/show/wall-clock.ts';

const test = suite('schedule preview');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NEW_YEAR = Date.UTC(2026, 0, 1);

const declared = (cron: string, timeZone: string) => {
  const target = { type: 'volume', event: { type: 'PULL' } };
  const { definition, digest } = schedule({ name: 'nightly', cron, timeZone, target });
  return { definition, digest, service: 'shop' };
};

/** The preview of a schedule that is declared at `now`. */
const preview = (cron: string, timeZone: string, now: number, count: number) =>
  comingTicks(newScheduleContext('nightly', declared(cron, timeZone), now), now, count);

const briefly = ({ time, local, offset, dst }: ComingTick): string =>
  [time?.slice(0, 16) ?? '-', local.slice(0, 16), offset ?? '-', dst ?? ''].join(' ').trim();

const berlin = (cron: string, from: string, count: number): string[] =>
  preview(cron, 'Europe/Berlin', Date.parse(from), count).map(briefly);

test('in spring: a time of day that does not exist comes later, and says so', () => {
  assert.equal(berlin('30 2 * * *', '2026-03-27T12:00:00Z', 3), [
    '2026-03-28T01:30 2026-03-28 02:30 +01:00',
    '2026-03-29T01:00 2026-03-29 03:00 +02:00 moved',
    '2026-03-30T00:30 2026-03-30 02:30 +02:00',
  ]);
  const [, moved] = preview('30 2 * * *', 'Europe/Berlin', Date.parse('2026-03-27T12:00Z'), 2);
  assert.is(moved?.zone, 'Europe/Berlin');
  assert.is(moved?.note, '02:30:00 does not exist: the clock goes from 02:00:00 to 03:00:00');
});

test('in spring: several times of an hour that does not exist are left out, and say so', () => {
  assert.equal(berlin('10,40 2 * * *', '2026-03-28T12:00:00Z', 2), [
    '- 2026-03-29 02:10 - skipped',
    '2026-03-30T00:10 2026-03-30 02:10 +02:00 changed',
    '2026-03-30T00:40 2026-03-30 02:40 +02:00',
  ]);
  const [skipped] = preview('10,40 2 * * *', 'Europe/Berlin', Date.parse('2026-03-28T12:00Z'), 1);
  assert.match(skipped?.note ?? '', 'to 02:40:00, 2 times, do not exist');
  assert.equal(berlin('30 2,3 * * *', '2026-03-28T12:00:00Z', 1), [
    '- 2026-03-29 02:30 - skipped',
    '2026-03-29T01:30 2026-03-29 03:30 +02:00 changed',
  ]);
});

test('in autumn: what exists twice runs once or twice, and says so', () => {
  assert.equal(berlin('30 2 * * *', '2026-10-24T12:00:00Z', 2), [
    '2026-10-25T00:30 2026-10-25 02:30 +02:00 once',
    '2026-10-26T01:30 2026-10-26 02:30 +01:00 changed',
  ]);
  assert.equal(berlin('*/30 * * * *', '2026-10-24T23:40:00Z', 5), [
    '2026-10-25T00:00 2026-10-25 02:00 +02:00 first',
    '2026-10-25T00:30 2026-10-25 02:30 +02:00 first',
    '2026-10-25T01:00 2026-10-25 02:00 +01:00 second',
    '2026-10-25T01:30 2026-10-25 02:30 +01:00 second',
    '2026-10-25T02:00 2026-10-25 03:00 +01:00',
  ]);
});

test('a span of time is told in UTC, where nothing changes', () => {
  const target = { type: 'volume', event: { type: 'PULL' } };
  const { definition, digest } = schedule({ name: 'pulls', every: '12h', target });
  const now = Date.parse('2026-03-28T12:00:00Z');
  const context = newScheduleContext('pulls', { definition, digest, service: 'shop' }, now);
  assert.equal(comingTicks(context, now, 2).map(briefly), [
    '2026-03-29T00:00 2026-03-29 00:00 +00:00',
    '2026-03-29T12:00 2026-03-29 12:00 +00:00',
  ]);
});

/** How often each minute of the wall is there in the days around a moment, without the preview. */
const wallMinutes = (clock: WallClock, around: number): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (let time = around - 2 * DAY; time < around + 2 * DAY; time += MINUTE) {
    const wall = wallText(clock.at(time));
    counts.set(wall, (counts.get(wall) ?? 0) + 1);
  }
  return counts;
};

/** Minutes between two ones on the wall that an expression of minutes and hours means. */
const meant = (from: number, to: number, minutes: readonly number[], hours: readonly number[]) => {
  const walls: string[] = [];
  for (let wall = from; wall < to; wall += MINUTE) {
    const date = new Date(wall);
    if (minutes.includes(date.getUTCMinutes()) && hours.includes(date.getUTCHours()))
      walls.push(wallText(wall));
  }
  return walls;
};

const EXPRESSIONS: readonly (readonly [minutes: number[], hours: number[]])[] = [
  ...[0, 1, 2, 3, 23].map((hour): [number[], number[]] => [[15], [hour]]),
  [
    [10, 40],
    [0, 1, 2, 3],
  ],
  [[0, 15, 30, 45], Array.from({ length: 24 }, (_, hour) => hour)],
];

for (const zone of CHANGING_ZONES)
  test(`${zone}: each time of the wall is there, moved, skipped or twice, as is said`, () => {
    const clock = new WallClock(zone);
    const changes = clock.changes(NEW_YEAR, NEW_YEAR + 365 * DAY);
    assert.is(changes.length, 2, 'both changes of the year');
    for (const { at } of changes)
      for (const [minutes, hours] of EXPRESSIONS) {
        const cron = `0 ${minutes.join(',')} ${hours.join(',')} * * *`;
        const exists = wallMinutes(clock, at);
        const from = at - DAY;
        const ticks = preview(cron, zone, from, 3 * minutes.length * hours.length).filter(
          ({ local }) => Date.parse(`${local}Z`) < clock.at(from) + 2 * DAY,
        );
        const label = `${cron} in ${zone} around ${new Date(at).toISOString()}`;
        const seen = new Map<string, number>();
        for (const { time, local, dst } of ticks) {
          if (time !== null) seen.set(local, (seen.get(local) ?? 0) + 1);
          const there = exists.get(local) ?? 0;
          if (dst === 'skipped') assert.is(there, 0, `${label}: ${local} exists`);
          else if (dst === 'first' || dst === 'second' || dst === 'once')
            assert.is(there, 2, `${label}: ${local} exists ${there} times`);
          else assert.is(there, 1, `${label}: ${local} exists ${there} times`);
        }
        const isSaid = (kind: string): boolean => ticks.some(({ dst }) => dst === kind);
        const walls = meant(clock.at(from) + MINUTE, clock.at(from) + 2 * DAY, minutes, hours);
        for (const wall of walls) {
          const there = exists.get(wall) ?? 0;
          const runs = seen.get(wall) ?? 0;
          if (there === 0) assert.ok(isSaid('moved') || isSaid('skipped'), `${label}: ${wall}`);
          else if (there === 1) assert.is(runs, 1, `${label}: ${wall}`);
          else assert.ok(isSaid(runs === 1 ? 'once' : 'second'), `${label}: ${wall}`);
        }
      }
  });

for (const zone of CHANGING_ZONES)
  test(`${zone}: what was previewed on 1 January is armed, through both changes`, () => {
    const compare = (cron: string, start: number, days: number): void => {
      const armed = armedTicks(declared(cron, zone), start, start + days * DAY);
      const previewed = preview(cron, zone, start, armed.length).flatMap(({ time }) => time ?? []);
      assert.equal(
        armed.map((time) => new Date(time).toISOString()),
        previewed,
        cron,
      );
      assert.ok(armed.length >= days - 1, `${armed.length} ticks`);
    };
    compare('30 0 * * *', NEW_YEAR, 365);
    for (const { at } of new WallClock(zone).changes(NEW_YEAR, NEW_YEAR + 365 * DAY))
      for (const cron of ['30 2 * * *', '10,40 0-3 * * *', '0 * * * *']) compare(cron, at - DAY, 2);
  });

test.run();

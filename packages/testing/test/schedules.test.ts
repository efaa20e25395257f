// Schedules in a world in memory: ticks, overlaps, failures, catching up, pauses, backfills.
import { PawlError, schedule, type Overlap } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScheduleWorld, work } from './schedule-world.ts';

const test = suite('schedules');

const each = (overlap: Overlap, more: object = {}) =>
  schedule({
    name: 'beat',
    every: '1s',
    target: { command: work, input: { what: 'beat' } },
    overlap,
    ...more,
  });

test('each tick is a job of its own, at the nominal times', async () => {
  const world = await new ScheduleWorld({ schedules: [each('skip')] }).open();
  await world.clock.advance('10s');
  const { counts, last, anchor, notes } = await world.context('beat');
  assert.equal(counts, { started: 10, ok: 10, erred: 0, skipped: 0, missed: 0, refused: 0 });
  assert.is(world.calls.length, 10);
  assert.is(last?.outcome, 'ok');
  assert.equal(last?.output, { what: 'beat' });
  assert.equal(
    notes.map(({ tick }) => tick - anchor),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => n * 1000),
  );
  await world.close();
});

/** Seconds after the start at which calls began. */
const startsOf = (world: ScheduleWorld, anchor: number): number[] =>
  world.calls.map(({ startedAt }) => Math.round((startedAt - anchor) / 100) / 10);

const runOverlap = async (overlap: Overlap) => {
  const world = await new ScheduleWorld({ schedules: [each(overlap)], workMs: 2_900 }).open();
  await world.clock.advance('12s');
  await world.clock.advance('500ms');
  const context = await world.context('beat');
  await world.close();
  return { world, context, starts: startsOf(world, context.anchor) };
};

test('skip: a tick that meets a run in flight is skipped', async () => {
  const { world, context, starts } = await runOverlap('skip');
  assert.equal(starts, [1, 4, 7, 10]);
  assert.is(world.peak(), 1);
  assert.is(context.counts.skipped, 8);
  assert.is(context.counts.started + context.counts.skipped, 12);
});

test('buffer-one: one waits and begins when the other ends', async () => {
  const { world, context, starts } = await runOverlap('buffer-one');
  assert.equal(starts, [1, 3.9, 6.8, 9.7]);
  assert.is(world.peak(), 1);
  const { started, skipped, missed } = context.counts;
  assert.is(started + skipped + missed + (context.buffered === null ? 0 : 1), 12);
});

test('allow: every tick is run', async () => {
  const { world, context, starts } = await runOverlap('allow');
  assert.equal(starts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.is(world.peak(), 3);
  assert.is(context.counts.skipped, 0);
});

test('cancel-running: the newest tick takes the place of the one that runs', async () => {
  const { world, context, starts } = await runOverlap('cancel-running');
  assert.equal(starts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.is(world.peak(), 1);
  assert.equal(
    world.calls.slice(0, -1).map(({ isAborted }) => isAborted),
    Array(11).fill(true),
  );
  assert.is(context.counts.erred, 11);
  assert.is(context.failures, 0, 'being told to stop is no failure');
});

/** 29 March 2026, 00:00 in Berlin: at 2 the clock goes to 3. */
const BERLIN_SPRING = Date.parse('2026-03-28T23:00:00Z');

test('cron ticks in its zone, also across a change of the clock', async () => {
  const nightly = schedule({
    name: 'nightly',
    cron: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    target: { command: work, input: { what: 'backup' } },
  });
  const world = await new ScheduleWorld({ schedules: [nightly], start: BERLIN_SPRING }).open();
  await world.clock.advance('60h');
  const { notes, counts } = await world.context('nightly');
  assert.equal(
    notes.map(({ tick }) => new Date(tick).toISOString()),
    // 2:30 is left out on the 29th: it comes when the clock has been changed.
    ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z'],
  );
  assert.is(counts.ok, 3);
  await world.close();
});

test('a cron expression is asked for again long before its list ends', async () => {
  const often = schedule({
    name: 'often',
    cron: '* * * * * *',
    target: { command: work, input: { what: 'x' } },
  });
  const world = await new ScheduleWorld({ schedules: [often] }).open();
  await world.clock.advance('10m');
  const { counts } = await world.context('often');
  assert.equal(counts, { started: 600, ok: 600, erred: 0, skipped: 0, missed: 0, refused: 0 });
  const replies = world
    .entries({ type: 'schedule', id: 'often' })
    .filter(({ kind }) => kind === 'reply');
  assert.ok(replies.length <= 4, `${replies.length} lists for 600 ticks`);
  await world.close();
});

const outage = async (timing: object, catchUp: 'latest' | '20s', overlap: Overlap = 'allow') => {
  const beat = schedule({
    name: 'beat',
    ...timing,
    target: { command: work, input: { what: 'x' } },
    overlap,
    catchUp,
  });
  const world = await new ScheduleWorld({ schedules: [beat] }).open();
  await world.clock.advance('5s');
  await world.within(world.host?.stop() ?? Promise.resolve());
  const before = world.calls.length;
  await world.clock.advance('60s');
  await world.startHost();
  await world.clock.advance('900ms');
  const context = await world.context('beat');
  await world.close();
  return { context, ran: world.calls.length - before };
};

for (const timing of [{ every: '1s' }, { cron: '* * * * * *' }]) {
  const name = Object.keys(timing)[0];

  test(`${name}: of what went by while nothing ran, the latest is run`, async () => {
    const { context, ran } = await outage(timing, 'latest');
    assert.ok(
      context.counts.missed >= 57 && context.counts.missed <= 61,
      String(context.counts.missed),
    );
    assert.ok(ran >= 1 && ran <= 3, String(ran));
  });

  test(`${name}: a window runs all within it, and the others are missed`, async () => {
    const { context, ran } = await outage(timing, '20s');
    assert.ok(ran >= 20 && ran <= 23, String(ran));
    assert.ok(
      context.counts.missed >= 38 && context.counts.missed <= 41,
      String(context.counts.missed),
    );
    const last = context.accountedTo - context.anchor;
    const { started, skipped, missed } = context.counts;
    if (name === 'every') assert.is(started + skipped + missed, Math.floor(last / 1000));
  });

  test(`${name}: caught up under skip, one runs and the others are skipped`, async () => {
    const { context, ran } = await outage(timing, '20s', 'skip');
    assert.ok(ran >= 1 && ran <= 3, String(ran));
    assert.ok(context.counts.skipped >= 18, String(context.counts.skipped));
  });
}

test('after failures ticks are skipped for longer and longer, and not after a success', async () => {
  const beat = each('skip', { backoff: { first: '2s', max: '5s' } });
  const world = await new ScheduleWorld({
    schedules: [beat],
    fails: (_, index) => index < 4,
  }).open();
  await world.clock.advance('25s');
  const { anchor, failures, backoffUntil, counts } = await world.context('beat');
  // 2 s, 4 s, then 5 s at most; the fifth succeeds, and after it every tick is run.
  assert.equal(startsOf(world, anchor).slice(0, 8), [1, 3, 7, 12, 17, 18, 19, 20]);
  assert.is(failures, 0);
  assert.is(backoffUntil, null);
  assert.is(counts.erred, 4);
  await world.close();
});

test('paused it runs nothing; what goes by meanwhile is not missed', async () => {
  const world = await new ScheduleWorld({ schedules: [each('skip')] }).open();
  const beat = world.client.actor('schedule', 'beat');
  await world.clock.advance('3s');
  const state = await world.within(beat.send({ type: 'PAUSE' }));
  assert.is(state.value, 'paused');
  await world.clock.advance('10s');
  assert.is(world.calls.length, 3);
  await world.within(beat.send({ type: 'RUN' }));
  await world.clock.advance('1s');
  assert.is(world.calls.length, 4, 'by hand it runs all the same');
  await world.within(beat.send({ type: 'RESUME' }));
  await world.clock.advance('3s');
  const { counts, notes } = await world.context('beat');
  assert.is(counts.missed, 0);
  assert.ok(counts.skipped >= 10 && counts.skipped <= 12, String(counts.skipped));
  assert.ok(notes.some(({ reason }) => reason === 'paused'));
  assert.is(counts.started, world.calls.length);
  await world.close();
});

test('a backfill runs one after the other', async () => {
  const daily = schedule({
    name: 'daily',
    cron: '@daily',
    target: { command: work, input: { what: 'report' } },
  });
  const world = await new ScheduleWorld({ schedules: [daily], workMs: 1_000 }).open();
  const from = Date.parse('2025-12-01T00:00:00Z');
  const to = Date.parse('2025-12-05T12:00:00Z');
  await world.within(world.client.actor('schedule', 'daily').send({ type: 'BACKFILL', from, to }));
  await world.clock.advance('10s');
  assert.is(world.calls.length, 5);
  assert.is(world.peak(), 1);
  const { notes, backlog } = await world.context('daily');
  assert.equal(backlog, []);
  assert.equal(
    notes.map(({ tick, reason }) => `${new Date(tick).toISOString().slice(0, 10)} ${reason}`),
    [1, 2, 3, 4, 5].map((day) => `2025-12-0${day} backfill`),
  );
  await world.close();
});

test('a backfill of too many times is refused whole, and says why', async () => {
  const world = await new ScheduleWorld({ schedules: [each('skip')] }).open();
  const beat = world.client.actor('schedule', 'beat');
  const to = world.clock.now();
  const ask = (count: number) =>
    world.within(beat.send({ type: 'BACKFILL', from: to - count * 1000 + 1, to }));
  await ask(1_001);
  const { problem, backlog } = await world.context('beat');
  assert.is(problem?.code, 'schedule-invalid');
  assert.match(problem?.message ?? '', 'more than 1000 times');
  assert.equal(backlog, []);
  await ask(3);
  await world.clock.advance('500ms');
  assert.is((await world.context('beat')).problem, null);
  assert.is(world.calls.length, 3);
  await world.close();
});

test('what is no declaration, by another way in, is refused, and so are events without fields', async () => {
  const world = await new ScheduleWorld({ schedules: [each('skip')] }).open();
  const { definition } = await world.context('beat');
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    world.within(promise).catch((error: unknown) => error instanceof PawlError && error.code);
  const create = (id: string, change: object) =>
    codeOf(
      world.client
        .actor('schedule', id)
        .create({ definition: { ...definition, ...change }, service: 'shop', digest: 'x' }),
    );
  assert.is(await create('other-1', { overlap: 'sometimes' }), 'invalid-input');
  assert.is(await create('other-2', { timing: { everyMs: 10 } }), 'invalid-input');
  assert.is(await create('other-3', { target: { kind: 'command' } }), 'invalid-input');
  const send = (event: { readonly type: string }) =>
    codeOf(world.client.actor('schedule', 'beat').send(event));
  assert.is(await send({ type: 'BACKFILL' }), 'invalid-event');
  assert.is(await send({ type: 'DECLARE' }), 'invalid-event');
  assert.is(await send({ type: 'STOP' }), 'unknown-event');
  assert.is((await world.within(world.client.actor('schedule', 'beat').load())).status, 'active');
  await world.close();
});

test('a cron expression that nobody can read, by another way in, is told and not asked again', async () => {
  const daily = schedule({
    name: 'daily',
    cron: '@daily',
    target: { command: work, input: { what: 'report' } },
  });
  const world = await new ScheduleWorld({ schedules: [daily] }).open();
  const { definition } = await world.context('daily');
  for (const [id, cron, words] of [
    ['bad', '61 * * * * *', 'cannot be read'],
    ['never', '0 0 0 31 2 *', 'never fires'],
  ] as const) {
    const timing = { cron, timeZone: 'UTC' };
    const input = { definition: { ...definition, timing }, service: 'shop', digest: 'x' };
    await world.within(world.client.actor('schedule', id).create(input));
    await world.clock.advance('1s');
    const { problem } = await world.context(id);
    assert.is(problem?.code, 'schedule-invalid');
    assert.match(problem?.message ?? '', words);
    const replies = world.entries({ type: 'schedule', id }).filter(({ kind }) => kind === 'reply');
    assert.is(replies.length, 1, 'another attempt would not read it either');
  }
  await world.close();
});

test.run();

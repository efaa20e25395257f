// What schedules run: jobs with a key, actors, an event for many; and how they are declared.
import { addressKey, PawlError, remote, schedule } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { ScheduleWorld, work } from './schedule-world.ts';

const test = suite('schedule targets');

/** A volume that is pulled: by a user on regular, by a schedule on background. */
const volume = setup({
  types: { context: {} as { pulls: number }, events: {} as { type: 'PULL' | 'BREAK' } },
  actors: { pull: work },
}).createMachine({
  id: 'volume',
  version: '1',
  context: { pulls: 0 },
  initial: 'ok',
  states: {
    ok: { on: { PULL: 'pulling', BREAK: 'broken' } },
    pulling: {
      invoke: {
        id: 'pull',
        src: 'pull',
        input: { what: 'pull' },
        onDone: { target: 'ok', actions: assign({ pulls: ({ context }) => context.pulls + 1 }) },
        onError: 'broken',
      },
    },
    broken: { on: { PULL: 'pulling' } },
    deleted: { type: 'final' },
  },
});

/** An actor for each run. */
const report = setup({
  types: { input: {} as { days: number } },
  actors: { work, job: remote('job') },
}).createMachine({
  id: 'report',
  version: '1',
  initial: 'writing',
  states: {
    writing: {
      on: { 'pawl.stop': 'written' },
      invoke: {
        id: 'work',
        src: 'work',
        input: { what: 'report' },
        onDone: 'written',
        onError: 'written',
      },
    },
    written: { type: 'final' },
  },
});

const machines = { volume, report };

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof PawlError ? error.code : String(error)),
  );

test('an event reaches all actors in the given states, on background, once per tick', async () => {
  const pull = schedule({
    name: 'pull-volumes',
    every: '10s',
    target: { type: 'volume', states: ['ok', 'broken'], event: { type: 'PULL' } },
  });
  const world = await new ScheduleWorld({ schedules: [pull], machines, workMs: 20 }).open();
  const ids = Array.from({ length: 250 }, (_, index) => `vol-${index}`);
  await world.within(
    Promise.all(ids.map((id) => world.client.actor('volume', id).create(undefined))),
  );
  await world.within(world.client.actor('volume', 'vol-7').send({ type: 'BREAK' }));
  await world.within(world.client.actor('volume', 'vol-8').send({ type: 'PULL' }));
  const before = world.calls.length;
  assert.is(before, 1);
  await world.clock.advance('20s');
  await world.clock.advance('4s');
  const { last, counts } = await world.context('pull-volumes');
  assert.equal(last?.output, { sent: 250 });
  assert.is(counts.ok, 2);
  for (const id of ids) {
    const pulls = world.entries({ type: 'volume', id }).filter(({ kind }) => kind === 'event');
    assert.is(pulls.length, id === 'vol-7' || id === 'vol-8' ? 3 : 2, id);
  }
  await world.close();
});

test('a pull by a user is regular, the same pull by a schedule is background', async () => {
  const pull = schedule({
    name: 'pull-volumes',
    every: '10s',
    target: { type: 'volume', states: ['ok'], event: { type: 'PULL' } },
  });
  const world = new ScheduleWorld({ schedules: [pull], machines });
  await world.startBuiltInWorker();
  await world.startHost();
  for (const id of ['a', 'b'])
    await world.within(world.client.actor('volume', id).create(undefined));
  await world.within(world.client.actor('volume', 'a').send({ type: 'PULL' }));
  await world.clock.advance('11s');
  const queued = (queueClass: 'regular' | 'background'): string[] =>
    world.broker.commands(queueClass).map(({ subject }) => addressKey(subject.actor));
  assert.equal(queued('regular'), ['volume/a']);
  assert.equal(queued('background'), ['volume/b']);
  await world.close();
});

test('a fan-out goes on where another worker left it', async () => {
  const pull = schedule({
    name: 'pull-volumes',
    every: '1m',
    target: { type: 'volume', event: { type: 'PULL' } },
  });
  const world = new ScheduleWorld({ schedules: [pull], machines });
  await world.startBuiltInWorker();
  await world.startHost();
  const ids = Array.from({ length: 450 }, (_, index) => `vol-${index}`);
  await world.within(
    Promise.all(ids.map((id) => world.client.actor('volume', id).create(undefined))),
  );
  // Every actor gets stuck in `pulling`: nobody serves it, so a second event would be refused.
  world.killAfterProgress('built-in', 2);
  await world.clock.advance('61s');
  await world.startBuiltInWorker('another');
  await world.clock.advance('5m');
  const counts = ids.map(
    (id) => world.entries({ type: 'volume', id }).filter(({ kind }) => kind === 'event').length,
  );
  assert.equal([...new Set(counts)], [1], 'everybody got it, and once');
  const sent = (await world.context('pull-volumes')).last?.output as { sent: number };
  assert.is(sent.sent, 450);
  await world.close();
});

test('an event that an actor refuses is counted at the schedule, and is no dead letter', async () => {
  const target = { type: 'volume', event: { type: 'PULL' } };
  const pull = schedule({ name: 'pull-volumes', every: '10s', target });
  const world = await new ScheduleWorld({ schedules: [pull], machines, workMs: 40_000 }).open();
  await world.within(world.client.actor('volume', 'vol-1').create(undefined));
  await world.clock.advance('35s');
  const { counts } = await world.context('pull-volumes');
  assert.is(counts.ok, 3);
  // The first was taken, and the answer to the third comes after its run.
  assert.ok(counts.refused >= 1, JSON.stringify(counts));
  assert.equal(world.broker.deadLetters(), []);
  await world.close();
});

/** Kinds of the entries that are added meanwhile, sorted, by actor. */
const added = async (
  world: ScheduleWorld,
  meanwhile: () => Promise<unknown>,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  const before = world.broker.entries().length;
  await meanwhile();
  const kinds: Record<string, string[]> = {};
  for (const { type, id, kindToken } of world.broker.entries().slice(before))
    (kinds[`${type}/${id}`] ??= []).push(kindToken.split('-')[0] ?? '');
  return kinds;
};

test('how many entries a tick is: for a job, for an event for many, and for none that runs', async () => {
  const job = { command: work, input: { what: 'job' } };
  const schedules = [
    schedule({ name: 'keyed', every: '10s', target: { ...job, key: 'k' } }),
    schedule({ name: 'pulls', every: '10s', target: { type: 'volume', event: { type: 'PULL' } } }),
  ];
  const world = await new ScheduleWorld({ schedules, machines, workMs: 1_000 }).open();
  await world.within(world.client.actor('volume', 'v').create(undefined));
  await world.clock.advance('15s');
  assert.equal(await added(world, () => world.clock.advance('10s')), {
    'schedule/keyed': ['timer', 'peer'],
    'schedule/pulls': ['timer', 'reply'],
    'job/key-k': ['child', 'reply'],
    'volume/v': ['event', 'reply'],
  });
  await world.close();
});

test('at most one job of a key is queued or runs, over all schedules', async () => {
  const keyed = (name: string, every: '1s' | '1500ms') =>
    schedule({
      name,
      every,
      overlap: 'allow',
      target: { command: work, input: { what: name }, key: 'tenant-7' },
    });
  const schedules = [keyed('one', '1s'), keyed('other', '1500ms')];
  const world = await new ScheduleWorld({ schedules, workMs: 2_500 }).open();
  await world.clock.advance('20s');
  assert.is(world.peak(), 1);
  assert.ok(world.calls.length >= 5, String(world.calls.length));
  assert.ok(world.calls.every(({ job }) => job === 'job/key-tenant-7'));
  const one = await world.context('one');
  assert.ok(one.notes.some(({ reason }) => reason === 'key-busy'));
  assert.is(one.failures, 0);
  const other = await world.context('other');
  assert.is(one.counts.started + other.counts.started, world.calls.length);
  assert.equal(world.broker.deadLetters(), []);
  await world.close();
});

test('an actor for each run; told to stop, it ends in its own way', async () => {
  const reports = schedule({
    name: 'reports',
    every: '1s',
    overlap: 'cancel-running',
    target: { type: 'report', idPrefix: 'report', input: { days: 1 } },
  });
  const world = await new ScheduleWorld({ schedules: [reports], machines, workMs: 5_000 }).open();
  await world.clock.advance('4500ms');
  const { counts } = await world.context('reports');
  assert.equal(counts, { started: 4, ok: 3, erred: 0, skipped: 0, missed: 0, refused: 0 });
  const born = world.broker
    .entries()
    .filter(({ type, kindToken }) => type === 'report' && kindToken === 'child');
  assert.equal(
    born.map(({ id }) => id),
    [1, 2, 3, 4].map((second) => `report-20260101T00000${second}Z`.replace(/Z$/, 'Z')),
  );
  await world.close();
});

test('declaring is reported; the same name by another service is refused', async () => {
  const first = schedule({
    name: 'beat',
    every: '1h',
    target: { command: work, input: { what: 'a' } },
  });
  const changed = schedule({
    name: 'beat',
    every: '2h',
    target: { command: work, input: { what: 'a' } },
  });
  const world = await new ScheduleWorld({ schedules: [first] }).open();
  assert.equal(world.host?.schedules.created, ['beat']);
  const restart = async (schedules: readonly (typeof first)[]) => {
    await world.within(world.host?.stop() ?? Promise.resolve());
    return (await world.startHost(schedules)).schedules;
  };
  assert.equal((await restart([first])).unchanged, ['beat']);
  const events = world
    .entries({ type: 'schedule', id: 'beat' })
    .filter(({ kind }) => kind === 'event');
  assert.equal(events, [], 'what is unchanged leaves no entry');
  assert.equal((await restart([changed])).changed, ['beat']);
  await world.clock.advance('1s');
  assert.equal((await world.context('beat')).definition.timing, { everyMs: 7_200_000 });
  assert.equal((await restart([])).undeclared, ['beat']);
  assert.ok(world.lines.some((line) => line.includes('pawl schedules rm')));
  const { registry } = world.broker.ports('x');
  assert.is(await codeOf(registry.checkSchedule('beat', 'other', 'z')), 'schedule-claimed');
  assert.is(await codeOf(registry.checkSchedule('beat', 'other', changed.digest)), 'none');
  await world.within(world.client.actor('schedule', 'beat').send({ type: 'REMOVE' }));
  await world.within(registry.removeSchedule('beat'));
  assert.equal((await restart([first])).created, ['beat'], 'after its removal it begins anew');
  await world.clock.advance('1s');
  const state = await world.within(world.client.actor('schedule', 'beat').load());
  assert.is(state.status, 'active');
  assert.equal(world.broker.deadLetters(), []);
  await world.close();
});

test('a type that nobody owns, and an event or a state that its machine does not have, are refused', async () => {
  const toNobody = schedule({
    name: 'a',
    every: '1h',
    target: { type: 'nobody', event: { type: 'X' } },
  });
  const noEvent = schedule({
    name: 'a',
    every: '1h',
    target: { type: 'volume', event: { type: 'X' } },
  });
  const world = new ScheduleWorld({ schedules: [], machines });
  assert.is(await codeOf(world.startHost([toNobody])), 'unknown-type');
  assert.is(await codeOf(world.startHost([noEvent])), 'unknown-event');
  const noState = schedule({
    name: 'a',
    every: '1h',
    target: { type: 'volume', states: ['ok', 'nostate'], event: { type: 'PULL' } },
  });
  assert.is(await codeOf(world.startHost([noState])), 'invalid-state');
  const twice = [1, 2].map(() => schedule({ name: 'a', every: '1h', target: { type: 'volume' } }));
  assert.is(await codeOf(world.startHost(twice)), 'schedule-invalid');
  assert.equal(await world.broker.ports('x').registry.schedules(), []);
});

test.run();

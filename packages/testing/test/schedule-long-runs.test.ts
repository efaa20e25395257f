// Schedules over a longer time: runs that follow one another, and repeats the broker has forgotten.
import { schedule } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { ScheduleWorld, work } from './schedule-world.ts';

const test = suite('schedules, long runs');

/** Takes every PULL. */
const volume = setup({ types: { events: {} as { type: 'PULL' } } }).createMachine({
  id: 'volume',
  version: '1',
  initial: 'ok',
  states: { ok: { on: { PULL: {} } } },
});

test('runs that follow one another for hours are no chain of events', async () => {
  const beat = schedule({
    name: 'beat',
    every: '1s',
    target: { command: work, input: { what: 'beat' } },
    overlap: 'buffer-one',
  });
  const world = await new ScheduleWorld({ schedules: [beat], workMs: 1_500 }).open();
  await world.clock.advance('100s');
  const { counts } = await world.context('beat');
  assert.ok(counts.started >= 60, `${counts.started} runs`);
  assert.is(counts.erred, 0);
  await world.close();
});

test('a fan-out that is tried again tells nobody twice, whatever came in between', async () => {
  const pull = schedule({
    name: 'pull-volumes',
    every: '1h',
    target: { type: 'volume', event: { type: 'PULL' } },
  });
  const world = new ScheduleWorld({ schedules: [pull], machines: { volume } });
  await world.startBuiltInWorker();
  await world.startHost();
  await world.within(world.client.actor('volume', 'vol-1').create(undefined));
  // It is cut off before it has noted that it sent anything; the broker forgets ids after 2 min.
  world.killAfterProgress('built-in', 1);
  await world.clock.advance('60m');
  await world.clock.advance('4m');
  const handle = world.client.actor('volume', 'vol-1');
  await world.within(handle.send({ type: 'PULL' }).catch(() => undefined));
  await world.startBuiltInWorker('another');
  await world.clock.advance('5m');
  const sent = world.broker
    .entries({ type: 'volume', id: 'vol-1' })
    .filter(({ headers }) => headers['Pawl-By'] === 'schedule/pull-volumes');
  assert.is(sent.length, 1);
  assert.is((await world.context('pull-volumes')).last?.outcome, 'ok');
  await world.close();
});

test.run();

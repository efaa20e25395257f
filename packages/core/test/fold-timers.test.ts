// Timers in the fold: generations, overdue order, delays and what disarms them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, cancel, raise, setup } from 'xstate';
import { only, wordsOf, World } from './fold-world.ts';

const create = (): World => {
  const machine = setup({
    types: { context: {} as { seen: string[] } },
    actions: {
      note: assign({ seen: ({ context }, name: string) => [...context.seen, name] }),
    },
    delays: { slow: ({ context }) => 5000 + context.seen.length },
  }).createMachine({
    id: 'clock',
    version: '1',
    context: { seen: [] },
    type: 'parallel',
    on: {
      ARM: { actions: raise({ type: 'TICK' }, { id: 'tick', delay: 2000 }) },
      TICK: { actions: { type: 'note', params: 'tick' } },
      DISARM: { actions: cancel('tick') },
    },
    states: {
      left: {
        initial: 'on',
        states: {
          on: {
            on: { LEAVE: 'off' },
            after: { 10_000: { actions: { type: 'note', params: 'long' } } },
          },
          off: { on: { ENTER: 'on' } },
        },
      },
      right: {
        initial: 'on',
        states: { on: { after: { slow: { actions: { type: 'note', params: 'short' } } } } },
      },
    },
  });
  const world = new World(machine);
  world.create();
  return world;
};

const LONG = '#after.10000.clock.left.on';
const SHORT = '#after.slow.clock.right.on';

const test = suite('timers in the fold');

test('after arms timers; keys do not carry words of XState', () => {
  const world = create();
  assert.equal(Object.keys(world.state?.pending.timers ?? {}), [LONG, SHORT]);
  assert.is(world.state?.pending.timers[SHORT]?.dueAt, world.time + 5000);
});

test('a timer of an earlier generation does not fire the live one', () => {
  const world = create();
  const first = world.state?.pending.timers[LONG]?.generation;
  const [disarm] = only(world.send('LEAVE'), 'disarm');
  assert.is(disarm?.generation, first);
  world.send('ENTER');
  const second = world.state?.pending.timers[LONG]?.generation;
  assert.is.not(second, first);
  assert.is(wordsOf(world.fire(LONG, first).outcome), 'ignored stale-timer');
  assert.is(world.state?.pending.timers[LONG]?.generation, second);
  assert.equal(world.context['seen'], []);
});

test('a timer fires once', () => {
  const world = create();
  const generation = world.state?.pending.timers[SHORT]?.generation;
  world.fire(SHORT);
  assert.equal(world.context['seen'], ['short']);
  assert.is(wordsOf(world.fire(SHORT, generation).outcome), 'ignored stale-timer');
});

test('after an outage the timers of an actor fire in due order, whichever comes first', () => {
  const world = create();
  const short = world.state?.pending.timers[SHORT]?.generation;
  world.fire(LONG);
  assert.equal(world.context['seen'], ['short', 'long']);
  assert.is(wordsOf(world.fire(SHORT, short).outcome), 'ignored stale-timer');
});

test('of one id more than one may be armed; cancel disarms all', () => {
  const world = create();
  world.send('ARM');
  world.send('ARM');
  const keys = Object.keys(world.state?.pending.timers ?? {}).filter((key) =>
    key.startsWith('#tick'),
  );
  assert.is(keys.length, 2);
  assert.is(only(world.send('DISARM'), 'disarm').length, 2);
});

test('time never goes back, although the clock of a broker may', () => {
  const world = create();
  const before = world.state?.time ?? 0;
  world.time -= 60_000;
  world.send('ARM');
  assert.is(world.state?.time, before);
  assert.is(world.state?.pending.timers['#tick']?.dueAt, before + 2000);
});

test.run();

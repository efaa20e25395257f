// The schedules of the simulated harbour: each world draws its overlaps, windows and spans.
import { OVERLAPS, schedule, type Schedule, type ScheduleOptions } from '@pawl/core';
import type { Random } from '../random.ts';
import { inspect } from './commands.ts';
import { LIT } from './lamp.machine.ts';

/** Names, for whoever sends them events. */
export const SCHEDULES = ['inspect', 'hull', 'keel', 'patrol', 'lamps'] as const;

const CATCH_UPS = ['latest', 'latest', 0, '3s', '30s'] as const;
const BACKOFFS = [false, false, { first: '2s', max: '6s' }] as const;

type Drawn = Pick<ScheduleOptions, 'cron' | 'every' | 'overlap' | 'catchUp' | 'backoff'>;

const draw = (random: Random, mayBeCron: boolean = false): Drawn => ({
  ...(mayBeCron && random.isChance(0.5)
    ? { cron: '*/3 * * * * *' }
    : { every: random.integer(2_000, 4_500) }),
  overlap: random.pick(OVERLAPS),
  catchUp: random.pick(CATCH_UPS),
  backoff: random.pick(BACKOFFS),
});

/** A job by itself, two of one key, an actor at each tick, and an event for many. */
export const harbourSchedules = (random: Random): readonly Schedule[] => {
  const job = { command: inspect, input: { note: 'job' } };
  const pull = { type: 'lamp', states: LIT, event: { type: 'PULL' } };
  return [
    schedule({ name: 'inspect', target: job, ...draw(random, true) }),
    schedule({ name: 'hull', target: { ...job, key: 'body' }, ...draw(random), overlap: 'skip' }),
    schedule({ name: 'keel', target: { ...job, key: 'body' }, ...draw(random), overlap: 'skip' }),
    schedule({ name: 'patrol', target: { type: 'patrol' }, ...draw(random) }),
    schedule({ name: 'lamps', target: pull, ...draw(random) }),
  ];
};

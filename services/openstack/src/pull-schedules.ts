// Schedules that look at every volume and instance again and again.
import { schedule, type Schedule, type ScheduleOptions } from 'pawl';

/** A span of time: ms, or text such as `10m`. */
export type PullEvery = NonNullable<ScheduleOptions['every']>;

/**
 * One tick, an event for each actor that has settled, each pulled at most once at a time. Throws
 * `schedule-invalid` for what is no span of at least a second.
 */
export const pullSchedules = (every: PullEvery): readonly Schedule[] =>
  ['volume', 'instance'].map((type) =>
    schedule({
      name: `pull-${type}s`,
      every,
      target: { type, states: ['ok', 'erred'], event: { type: 'PULL', periodic: true } },
    }),
  );

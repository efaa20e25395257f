// Hosts that end at named points of a step, one after another, until each point had its turn.
import type { Random } from '@pawl/testing/simulation';
import type { Child } from './child.ts';
import type { Crew } from './fleet.ts';
import type { HostSettings } from './child-settings.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-points.ts';

/** Crashes that are handed out to hosts. */
export interface Crashes {
  /** How often a host ended at each point. */
  readonly counts: Readonly<Record<CrashPoint['at'], number>>;
  /** The point for the next host; undefined when all are used up. */
  next(): CrashPoint | undefined;
  /** Replaces members of the crew that ended, until all points are used up or `stop`. */
  run(crew: Crew): Promise<void>;
  stop(): void;
}

/** Each point so often, in an order by the seed. */
export const createCrashes = (random: Random, times: number): Crashes => {
  const left = CRASH_POINTS.flatMap((at) => Array.from({ length: times }, () => at))
    .map((at): [number, CrashPoint] => [
      random.next(),
      // Late enough that several actors are under way, early enough that it comes soon.
      { at, crossing: random.integer(1, 25) },
    ])
    .toSorted(([one], [other]) => one - other)
    .map(([, point]) => point);
  const counts = Object.fromEntries(CRASH_POINTS.map((at) => [at, 0])) as Record<
    CrashPoint['at'],
    number
  >;
  let stop = (): void => undefined;
  const stopped = new Promise<'stopped'>((resolve) => (stop = () => resolve('stopped')));

  const follow = async (crew: Crew, child: Child): Promise<void> => {
    const { crash } = child.settings as HostSettings;
    if (crash === undefined) return;
    if ((await Promise.race([child.ended, stopped])) === 'stopped') return;
    counts[crash.at] += 1;
    await follow(crew, await crew.replace(child));
  };
  return {
    counts,
    next: () => left.shift(),
    run: async (crew) => {
      await Promise.all([...crew.members].map((child) => follow(crew, child)));
    },
    stop: () => stop(),
  };
};

// Never two runs of one job or schedule at once: by their journals, and by what workers do.
import type { Evidence, Life } from '../evidence.ts';
import { endOf, isHarmed, type LoggedRun } from '../run-log.ts';

/** Sequences from the birth to the end of an actor, for each of its lives. */
const spanOf = ({ key, replayed }: Life): { key: string; from: number; to: number } => ({
  key,
  from: replayed.find(({ step }) => step.state !== undefined)?.stored.sequence ?? Infinity,
  to: replayed.find(({ step }) => step.state?.status === 'done')?.stored.sequence ?? Infinity,
});

/** The actors that a schedule makes end before the next is born. */
export const runsOneAfterTheOther = ({ world, lives }: Evidence): readonly string[] => {
  if (world.restoredTo !== undefined) return [];
  return (world.schedules ?? []).flatMap(({ name, definition: { overlap } }) => {
    if (overlap === 'allow') return [];
    const spans = [...lives.values()]
      .filter(({ key }) => key.startsWith(`job/${name}-`) || key.startsWith(`patrol/${name}-`))
      .map(spanOf)
      .toSorted((one, other) => one.from - other.from);
    return spans.flatMap(({ key, from }, index) => {
      const before = spans[index - 1];
      if (before === undefined || before.to <= from) return [];
      return [`${key} is born at ${from}, and ${before.key} ends at ${before.to}`];
    });
  });
};

const overlap = (one: LoggedRun, other: LoggedRun): boolean =>
  one.startedAt < endOf(other) && other.startedAt < endOf(one);

/**
 * No two workers are at one job at once. What is told to stop may go on for a while; whoever was
 * halted or cut off does not know that its work has gone to another; and a command that arrives
 * twice may be run once more after its job has ended.
 */
export const worksOnOneAtATime = ({ world }: Evidence): readonly string[] => {
  if (world.restoredTo !== undefined) return [];
  const isFree = new Set(
    (world.schedules ?? [])
      .filter(({ definition }) => /allow|cancel-running/.test(definition.overlap))
      .map(({ name }) => name),
  );
  const times = new Map<string, number>();
  for (const { run } of world.runs.runs) times.set(run, (times.get(run) ?? 0) + 1);
  const mayRepeat = world.hasForgottenIds || world.counts.has('duplicate');
  // At the end schedules are removed, and stop what they run.
  const runs = world.runs.runs.filter(
    (run) =>
      !isFree.has(run.what) &&
      !isHarmed(run) &&
      run.startedAt < world.healedAt &&
      !(mayRepeat && (times.get(run.run) ?? 0) > 1),
  );
  return runs.flatMap((one, index) =>
    runs
      .slice(index + 1)
      .filter((other) => other.what === one.what && overlap(one, other))
      .map((other) => `${one.what}: ${one.run} and ${other.run} at ${other.startedAt}`),
  );
};

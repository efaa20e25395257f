// The tasks of the simulated shop: quick, slow, failing, pending, or silent beyond their timeout.
import { failed, pending, permanentError, task, type Task, type TaskContext } from '@pawl/worker';
import type { TaskWorld } from '../scenario.ts';
import { carry, count, probe, step, type Serial } from './commands.ts';

/** How a call ends is drawn from its idempotency key and attempt: the same in every worker. */
const perform =
  ({ clock, random }: TaskWorld) =>
  async (input: Serial, context: TaskContext) => {
    const { idempotencyKey, attempt, signal } = context;
    const draw = random.fork(`${idempotencyKey} ${attempt}`);
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.after(ms, resolve));
    if (draw.isChance(0.5)) await sleep(draw.integer(1, 1_500));
    if (draw.isChance(0.1)) await context.progress({ serial: input.serial });
    if (draw.isChance(0.05)) await sleep(6_000);
    if (signal.aborted && draw.isChance(0.5)) throw new Error('Called off.');
    if (draw.isChance(0.15)) return failed('flaky', 'The shop is busy.');
    if (draw.isChance(0.05)) return permanentError('sold-out', 'There is none left.');
    return { serial: input.serial };
  };

/** The tasks of a worker of the shop. */
export const shopTasks = (world: TaskWorld): readonly Task[] => {
  const run = perform(world);
  return [
    task(step, run),
    task(carry, run),
    task(count, run),
    task(probe, async (input, context) => {
      const polls = Number((context.lastDetails as { polls?: number } | undefined)?.polls ?? 0);
      const needed = world.random.fork(context.idempotencyKey).integer(0, 4);
      if (polls < needed || world.isStorm()) return pending({ details: { polls: polls + 1 } });
      return run(input, context);
    }),
  ];
};

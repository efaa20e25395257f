// The tasks of the simulated harbour: quick, slow, failing, or silent beyond their timeout.
import { failed, task, type Task, type TaskContext } from '@pawl/worker';
import type { TaskWorld } from '../scenario.ts';
import { inspect, refresh, unload, type Note } from './commands.ts';

/** How a call ends is drawn from its idempotency key and attempt: the same in every worker. */
const perform =
  ({ clock, random }: TaskWorld, longestMs: number) =>
  async (input: Note, { idempotencyKey, attempt, signal }: TaskContext) => {
    const draw = random.fork(`${idempotencyKey} ${attempt}`);
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const waiting = clock.after(ms, resolve);
        signal.addEventListener('abort', () => {
          waiting.stop();
          resolve();
        });
      });
    if (draw.isChance(0.8)) await sleep(draw.integer(10, longestMs));
    if (draw.isChance(0.03)) await sleep(6_000);
    if (signal.aborted) throw new Error('Called off.');
    if (draw.isChance(0.1)) return failed('rough', 'The sea is rough.');
    return input;
  };

/** What a job is of: its schedule, or the key that several schedules share. */
const ownerOf = ({ id }: TaskContext['actor']): string =>
  id.startsWith('key-') ? id : (id.split('-')[0] ?? id);

/** The tasks of a worker of the harbour. */
export const harbourTasks = (world: TaskWorld): readonly Task[] => {
  const look = perform(world, 3_500);
  return [
    task(unload, perform(world, 900)),
    task(refresh, perform(world, 500)),
    task(inspect, async (input, context) => {
      const end = world.begin(ownerOf(context.actor), context.idempotencyKey);
      try {
        return await look(input, context);
      } finally {
        end();
      }
    }),
  ];
};

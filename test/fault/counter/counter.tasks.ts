// The task of a counter: quick, slow, or the end of its process.
import { setTimeout as wait } from 'node:timers/promises';
import { task, type Task } from '@pawl/worker';
import { work } from './counter.machine.ts';

const SLOW_MS = 3_000;

/** Tasks of service `counting`. */
export const counterTasks: readonly Task[] = [
  task(work, async ({ how }, { signal }) => {
    if (how === 'exit') process.kill(process.pid, 'SIGKILL');
    if (how === 'slow') await wait(SLOW_MS, undefined, { signal });
    return { amount: 1 };
  }),
];

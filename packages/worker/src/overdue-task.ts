// A task that goes on after its timeout: it keeps its slot, and that is counted and told.
import type { Work } from './run-context.ts';
import type { Ending } from './settlement.ts';
import type { WorkerShell } from './worker-shell.ts';

/** For a task to end once its signal is aborted. */
const SIGNAL_GRACE_MS = 5_000;

/**
 * A task that outlives its timeout keeps its slot: it may still be at work in the backend, which
 * slots protect. One that looks at no signal may keep it for ever, so that is said.
 */
export const untilOver = async (
  { overdue, slots, clock, log }: WorkerShell,
  { id, command: { task, class: queueClass, timeoutMs } }: Work,
  whole: Promise<Ending>,
): Promise<Ending> => {
  let lost = 0;
  const grace = clock.after(SIGNAL_GRACE_MS, () => {
    lost = 1;
    overdue[queueClass] += 1;
    const isAll = overdue[queueClass] >= slots[queueClass];
    const what = 'a task goes on after its timeout and keeps its slot: it looks at no signal';
    log(isAll ? 'error' : 'warn', isAll ? `${what}; no slot of its class is left` : what, {
      command: id,
      task,
      class: queueClass,
      timeoutMs,
      overdue: overdue[queueClass],
      slots: slots[queueClass],
    });
  });
  try {
    return await whole;
  } finally {
    grace.stop();
    overdue[queueClass] -= lost;
  }
};

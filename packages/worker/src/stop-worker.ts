// The end of a worker: take no more, finish, answer, acknowledge; give back what does not end.
import type { Clock, CommandConsumer } from '@pawl/core';
import type { Tally } from './tally.ts';
import { wait } from './wait.ts';
import type { WorkerShell } from './worker-shell.ts';

/** Options of `stop`. */
export interface StopOptions {
  /** How long running tasks may take to finish, ms. Default 30,000. */
  readonly graceMs?: number;
}

/** What has to come to an end. */
export interface Unfinished {
  readonly consumers: readonly CommandConsumer[];
  /** Commands being handled. */
  readonly work: Tally;
}

const GRACE_MS = 30_000;
/** For tasks to notice their signal. */
const ABORT_GRACE_MS = 1_000;

const within = (work: Promise<void>, ms: number, clock: Clock): Promise<void> =>
  Promise.race([work, wait(clock, ms)]);

/** Ends a worker. Resolves when nothing is left, at the latest a second after the grace. */
export const stopWorker = async (
  shell: WorkerShell,
  { consumers, work }: Unfinished,
  { graceMs = GRACE_MS }: StopOptions,
): Promise<void> => {
  const { clock } = shell;
  await Promise.all(consumers.map((consumer) => consumer.close()));
  await within(work.none(), graceMs, clock);
  if (work.count > 0) {
    for (const execution of shell.running.values()) execution.abort('stopping');
    await within(work.none(), ABORT_GRACE_MS, clock);
  }
  for (const [token, { delivery, notes }] of shell.held.entries()) {
    // These look at no signal, or wait for the broker. Another worker gets them at once.
    if (notes !== undefined) await within(notes.saveHandedBack(), ABORT_GRACE_MS, clock);
    if (shell.held.remove(token) === undefined) continue; // It has been answered meanwhile.
    delivery.nak(0);
    shell.stats.handedBack += 1;
    shell.log('warn', 'a task did not end with its worker', { task: delivery.subject.task });
  }
  await within(shell.acks.none(), ABORT_GRACE_MS, clock);
};

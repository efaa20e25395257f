// The end of a worker: take no more, finish, answer, acknowledge; give back what does not end.
import { errorFields, isDoneWithin, type CommandConsumer } from '@pawl/core';
import type { Tally } from './tally.ts';
import type { HeldDelivery, WorkerShell } from './worker-shell.ts';

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
/** For each of the other steps: a broker that is away must not hold up the stop. */
const STEP_MS = 1_000;

/**
 * Ends a worker. Resolves when nothing is left, at the latest four seconds after the grace: one
 * each to end the pulls, for tasks to notice their signal, to hand back, and to acknowledge. Never
 * rejects.
 */
export const stopWorker = async (
  shell: WorkerShell,
  { consumers, work }: Unfinished,
  { graceMs = GRACE_MS }: StopOptions,
): Promise<void> => {
  const { clock, log } = shell;
  const closePull = (consumer: CommandConsumer): Promise<void> =>
    consumer.close().catch((error: unknown) => {
      log('warn', 'A pull could not be ended in order', errorFields(error));
    });
  await isDoneWithin(clock, STEP_MS, Promise.all(consumers.map(closePull)));
  await isDoneWithin(clock, graceMs, work.none());
  if (work.count > 0) {
    for (const execution of shell.running.values()) execution.abort('stopping');
    await isDoneWithin(clock, STEP_MS, work.none());
  }
  // What is left looks at no signal, or waits for the broker. Another worker gets it at once.
  await Promise.all([...shell.held.entries()].map((held) => giveBack(shell, ...held)));
  await isDoneWithin(clock, STEP_MS, shell.acks.none());
};

const giveBack = async (
  shell: WorkerShell,
  token: number,
  { delivery, notes }: HeldDelivery,
): Promise<void> => {
  const { clock, log, held, stats } = shell;
  const { task } = delivery.subject;
  const saving = notes?.saveHandedBack().catch((error: unknown) => {
    log('warn', 'The mark of a hand-back could not be saved', { task, ...errorFields(error) });
  });
  if (saving !== undefined) await isDoneWithin(clock, STEP_MS, saving);
  if (held.remove(token) === undefined) return; // It has been answered meanwhile.
  delivery.nak(0);
  stats.handedBack += 1;
  log('warn', 'A task did not end with its worker', { task });
};

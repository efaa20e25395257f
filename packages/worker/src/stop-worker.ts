// The end of a worker: take no more, finish, answer, acknowledge; give back what does not end.
import type { Clock, CommandConsumer, Stoppable } from '@pawl/core';
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

const within = async (work: Promise<unknown>, ms: number, clock: Clock): Promise<void> => {
  let timer: Stoppable | undefined;
  const late = new Promise<void>((resolve) => (timer = clock.after(ms, resolve)));
  try {
    await Promise.race([work, late]);
  } finally {
    timer?.stop();
  }
};

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
      log('warn', 'a pull could not be ended in order', { error: String(error) });
    });
  await within(Promise.all(consumers.map(closePull)), STEP_MS, clock);
  await within(work.none(), graceMs, clock);
  if (work.count > 0) {
    for (const execution of shell.running.values()) execution.abort('stopping');
    await within(work.none(), STEP_MS, clock);
  }
  // What is left looks at no signal, or waits for the broker. Another worker gets it at once.
  await Promise.all([...shell.held.entries()].map((held) => giveBack(shell, ...held)));
  await within(shell.acks.none(), STEP_MS, clock);
};

const giveBack = async (
  shell: WorkerShell,
  token: number,
  { delivery, notes }: HeldDelivery,
): Promise<void> => {
  const { clock, log, held, stats } = shell;
  const { task } = delivery.subject;
  const saving = notes?.saveHandedBack().catch((error: unknown) => {
    log('warn', 'the mark of a hand-back could not be saved', { task, error: String(error) });
  });
  if (saving !== undefined) await within(saving, STEP_MS, clock);
  if (held.remove(token) === undefined) return; // It has been answered meanwhile.
  delivery.nak(0);
  stats.handedBack += 1;
  log('warn', 'a task did not end with its worker', { task });
};

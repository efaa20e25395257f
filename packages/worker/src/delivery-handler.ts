// Carries one command from its delivery to its reply. The rules are in admission and settlement.
import { commandId, errorDataOf, errorFields, PawlError, validate } from '@pawl/core';
import type { CommandBody, CommandDelivery } from '@pawl/core';
import { admit, isSuspicious, type Arrival, type Inquiry } from './admission.ts';
import { buryUnreadable } from './bury.ts';
import { createExecution, endingOf, endingWithin, type Execution } from './execution.ts';
import { earlierDetails, hasEarlierDetails, inquire } from './inquiry.ts';
import { createProgressNotes } from './progress-notes.ts';
import { untilOver } from './overdue-task.ts';
import { readCommand } from './read-command.ts';
import { RunContext, type Work } from './run-context.ts';
import { settle, type Ending, type Outcome, type Settlement } from './settlement.ts';
import type { Task } from './task.ts';
import type { HeldDelivery, WorkerShell } from './worker-shell.ts';

/** Handles a delivery. Resolves when its slot is free. */
export const handleDelivery = async (
  shell: WorkerShell,
  delivery: CommandDelivery,
): Promise<void> => {
  shell.stats.delivered += 1;
  let command: CommandBody;
  try {
    command = readCommand(delivery);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    await buryUnreadable(shell, delivery, error);
    return;
  }
  const held: HeldDelivery = { delivery };
  const token = shell.held.add(held);
  try {
    await handleCommand(shell, held, token, command);
  } finally {
    shell.held.remove(token);
  }
};

const handleCommand = async (
  shell: WorkerShell,
  held: HeldDelivery,
  token: number,
  command: CommandBody,
): Promise<void> => {
  const { ports, service, clock } = shell;
  const { delivery } = held;
  const id = commandId(command.actor, command.path, command.generation);
  const task = shell.tasks.get(command.task);
  const arrival: Arrival = {
    now: clock.now(),
    storedAt: delivery.storedAt,
    decidedAt: command.decidedAt,
    deadlineAt: command.deadlineAt,
    deliveryCount: delivery.deliveryCount,
    isCancelled: shell.cancellations.has(id, clock.now()),
    isRunningHere: shell.running.has(id),
    isSuspectRunning: shell.suspects.size > 0,
    hasTask: task !== undefined,
    service,
    task: command.task,
  };
  let inquiry: Inquiry | undefined;
  if (isSuspicious(arrival)) inquiry = await inquire(ports, service, command, shell.log);
  const before = inquiry?.progress;
  const { deliveryCount } = delivery;
  const details = hasEarlierDetails(command, before)
    ? await earlierDetails(ports, service, command, shell.log)
    : before?.details;
  const notes = createProgressNotes({
    ports,
    service,
    clock,
    command,
    deliveryCount,
    before,
    details,
  });
  const work: Work = { token, id, command, delivery, notes };
  held.notes = notes;

  // Asked again: a twin may have started, or a cancel come, while the questions were out.
  const admission = admit(
    {
      ...arrival,
      isCancelled: shell.cancellations.has(id, clock.now()),
      isRunningHere: shell.running.has(id),
      isSuspectRunning: shell.suspects.size > 0,
    },
    inquiry,
  );
  switch (admission.kind) {
    case 'run':
      return task === undefined ? undefined : run(shell, work, task);
    case 'run-again':
      return task === undefined ? undefined : run(shell, work, task, true);
    case 'run-alone':
      return task === undefined ? undefined : runAlone(shell, work, task);
    case 'drop':
      shell.stats.dropped += 1;
      acknowledge(shell, work);
      return;
    case 'hand-back':
      return handBack(shell, work, admission.delayMs);
    case 'cancelled':
      return reply(shell, work, { outcome: 'cancelled' });
    case 'failed':
      return reply(shell, work, { outcome: 'failed', error: admission.error });
  }
};

const runAlone = async (shell: WorkerShell, work: Work, task: Task): Promise<void> => {
  shell.suspects.add(work.id);
  try {
    await run(shell, work, task, true);
  } finally {
    shell.suspects.delete(work.id);
  }
};

/** If this run ends the worker too, the next one knows that it was this command that ran. */
const markStart = async (shell: WorkerShell, { notes }: Work): Promise<void> => {
  try {
    await notes.saveStart();
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    shell.log('warn', 'The mark of a start could not be saved', errorFields(error));
  }
};

const run = async (
  shell: WorkerShell,
  work: Work,
  task: Task,
  isMarked: boolean = false,
): Promise<void> => {
  const { command, id } = work;
  let input: unknown;
  try {
    const what = `The input of ${command.task}`;
    input = validate(task.contract.input, command.input, 'invalid-input', what);
  } catch (error) {
    const data = { ...errorDataOf(error), code: 'invalid-input', retryable: false };
    return reply(shell, work, { outcome: 'failed', error: data });
  }
  const execution = createExecution();
  shell.running.set(id, execution);
  shell.stats.running += 1;
  shell.busy[command.class] += 1;
  const startedAt = shell.clock.now();
  try {
    if (isMarked) await markStart(shell, work);
    const log = shell.runLog.of(command, id);
    const whole = endingOf(() => task.run(input, new RunContext(log, work, execution)));
    const ending =
      whole instanceof Promise
        ? await endingWithin(whole, execution, command.timeoutMs, shell.clock)
        : whole;
    noteRun(shell, work, startedAt);
    await carryOut(shell, work, settlementOf(shell, work, task, execution, ending));
    if (ending.kind === 'timed-out') {
      const late = await untilOver(shell, work, Promise.resolve(whole));
      await tellLateResult(shell, work, task, execution, late);
    }
  } finally {
    shell.running.delete(id);
    shell.stats.running -= 1;
    shell.busy[command.class] -= 1;
  }
};

const noteRun = (shell: WorkerShell, { command, delivery }: Work, startedAt: number): void => {
  const isFirst = delivery.deliveryCount === 1;
  shell.timings.add({
    task: command.task,
    class: command.class,
    runMs: shell.clock.now() - startedAt,
    waitMs: isFirst ? startedAt - delivery.storedAt : undefined,
  });
};

const settlementOf = (
  shell: WorkerShell,
  { command }: Work,
  task: Task,
  execution: Execution,
  ending: Ending,
): Settlement => {
  const { contract } = task;
  const { abortCause } = execution;
  const { timeoutMs, deadlineAt } = command;
  return settle(ending, { contract, abortCause, timeoutMs, deadlineAt, now: shell.clock.now() });
};

const carryOut = (shell: WorkerShell, work: Work, settlement: Settlement): Promise<void> => {
  switch (settlement.kind) {
    case 'reply':
      return reply(shell, work, settlement.outcome);
    case 'poll':
      return poll(shell, work, settlement.delayMs, settlement.details);
    case 'hand-back':
      return handBack(shell, work, settlement.delayMs);
  }
};

/**
 * The success of a task that outlived its timeout, if one comes, is told: a success of any attempt
 * settles the invoke, and what was made has an owner.
 */
const tellLateResult = async (
  shell: WorkerShell,
  work: Work,
  task: Task,
  execution: Execution,
  late: Ending,
): Promise<void> => {
  const settlement = settlementOf(shell, work, task, execution, late);
  if (settlement.kind !== 'reply' || settlement.outcome.outcome !== 'done') return;
  shell.log('warn', 'A task succeeded after its timeout', { command: work.id });
  const { command, delivery, notes } = work;
  const { outcome } = settlement;
  await shell.sendReply({ command, headers: delivery.headers, outcome, polled: notes.polled });
};

/** Reply first, acknowledge second: a crash in between repeats the reply, which is harmless. */
const reply = async (shell: WorkerShell, work: Work, outcome: Outcome): Promise<void> => {
  const { command, delivery, notes } = work;
  await shell.sendReply({ command, headers: delivery.headers, outcome, polled: notes.polled });
  shell.stats[outcome.outcome] += 1;
  shell.runLog.ended(command, outcome);
  acknowledge(shell, work);
};

/** Not awaited: the slot is free once the reply is stored. A lost ack repeats the command. */
const acknowledge = (shell: WorkerShell, { token, delivery, id }: Work): void => {
  const { held, acks, log } = shell;
  held.remove(token); // Nothing is left to extend.
  acks.track(delivery.ack(), (error) =>
    log('warn', 'An acknowledgement got lost; the command comes again', {
      command: id,
      ...errorFields(error),
    }),
  );
};

const poll = async (
  shell: WorkerShell,
  work: Work,
  delayMs: number,
  details: unknown,
): Promise<void> => {
  try {
    await work.notes.savePending(details);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    if (error.code === 'not-json-data')
      return reply(shell, work, { outcome: 'failed', error: errorDataOf(error) });
    shell.log('warn', 'The mark of a poll could not be saved', errorFields(error));
  }
  shell.stats.polled += 1;
  shell.held.remove(work.token);
  work.delivery.nak(delayMs);
};

const handBack = async (shell: WorkerShell, work: Work, delayMs: number): Promise<void> => {
  try {
    await work.notes.saveHandedBack();
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    shell.log('warn', 'The mark of a hand-back could not be saved', errorFields(error));
  }
  shell.stats.handedBack += 1;
  shell.held.remove(work.token);
  work.delivery.nak(delayMs);
};

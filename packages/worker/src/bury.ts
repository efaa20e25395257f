// A command that nobody can read: shown as a dead letter, then acknowledged.
import {
  addressKey,
  encodeToken,
  errorDataOf,
  errorFields,
  letterBodyOf,
  letterErrorOf,
  PawlError,
  type CommandDelivery,
} from '@pawl/core';
import type { WorkerShell } from './worker-shell.ts';

/**
 * Publishes the dead letter, then acknowledges. Without the first the command comes again, unless
 * the letter can never be stored: then the log is all that tells of it, and the actor waits for the
 * deadline.
 */
export const buryUnreadable = async (
  shell: WorkerShell,
  delivery: CommandDelivery,
  error: PawlError,
): Promise<void> => {
  const { subject } = delivery;
  const reason = letterErrorOf(errorDataOf(error));
  const where = addressKey(subject.actor);
  const id = `${where}/${encodeToken(subject.task)}@${subject.generation}`;
  try {
    await shell.ports.deadLetters.publish({
      id,
      actor: subject.actor,
      error: reason,
      subject: shell.ports.subjects.command(subject),
      body: letterBodyOf(delivery.body),
      time: shell.clock.now(),
    });
  } catch (failure) {
    const comesAgain = failure instanceof PawlError && failure.retryable;
    const end = comesAgain ? 'the command comes again' : 'the command is given up';
    shell.log('error', `A dead letter could not be stored; ${end}`, {
      id,
      ...errorFields(failure),
    });
    if (comesAgain) {
      delivery.nak(5_000);
      return;
    }
  }
  shell.log('error', 'A command could not be read', { id, ...errorFields(error) });
  shell.stats.deadLettered += 1;
  shell.acks.track(delivery.ack(), (failure) =>
    shell.log('warn', 'An acknowledgement got lost; the command comes again', {
      command: id,
      ...errorFields(failure),
    }),
  );
};

// A command that nobody can read: shown as a dead letter, then acknowledged.
import {
  addressKey,
  encodeToken,
  errorDataOf,
  type CommandDelivery,
  type PawlError,
} from '@pawl/core';
import type { WorkerShell } from './worker-shell.ts';

const textOf = (body: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return Buffer.from(body).toString('base64');
  }
};

/** Publishes the dead letter, then acknowledges; without the first, the command comes again. */
export const buryUnreadable = async (
  shell: WorkerShell,
  delivery: CommandDelivery,
  error: PawlError,
): Promise<void> => {
  const { subject } = delivery;
  const { code, message } = errorDataOf(error);
  const where = addressKey(subject.actor);
  const id = `${where}/${encodeToken(subject.task)}@${subject.generation}`;
  try {
    await shell.ports.deadLetters.publish({
      id,
      actor: subject.actor,
      error: { code, message },
      subject: shell.ports.subjects.command(subject),
      body: textOf(delivery.body),
      time: shell.clock.now(),
    });
  } catch (failure) {
    shell.log('error', 'a dead letter could not be stored; the command comes again', {
      error: String(failure),
    });
    delivery.nak(5_000);
    return;
  }
  shell.log('error', 'a command could not be read', { id, code, error: message });
  shell.stats.deadLettered += 1;
  shell.acks.track(delivery.ack(), (failure) =>
    shell.log('warn', 'an acknowledgement got lost; the command comes again', {
      command: id,
      error: String(failure),
    }),
  );
};

// Asks about a suspicious command: its progress so far, and whether its actor still waits for it.
import { decodeBody, encodeJson, errorFields, PawlError } from '@pawl/core';
import type { CommandBody, Log, Ports, ProgressBody, ProgressKey } from '@pawl/core';
import type { Inquiry } from './admission.ts';

const ANSWER_MS = 2_000;

const askPending = async (ports: Ports, command: CommandBody): Promise<Inquiry['pending']> => {
  const { path, generation } = command;
  const subject = ports.subjects.pending(command.actor);
  try {
    const question = encodeJson({ path, generation });
    const message = await ports.bus.request(subject, question, { timeoutMs: ANSWER_MS });
    const { pending } = decodeBody(message.body);
    return typeof pending === 'boolean' ? (pending ? 'yes' : 'no') : 'unknown';
  } catch (error) {
    // Nobody answers, no connection, or words that nobody understands: all the same to a worker.
    if (error instanceof PawlError) return 'unknown';
    throw error;
  }
};

/** Where the progress of this attempt lives. */
export const progressKey = (command: CommandBody, service: string): ProgressKey => ({
  service,
  actor: command.actor,
  generation: command.generation,
});

/** Where the first attempt's lives: the last details of all attempts stand there as well. */
export const firstProgressKey = (command: CommandBody, service: string): ProgressKey => ({
  service,
  actor: command.actor,
  generation: command.idempotencyKey.slice(command.idempotencyKey.lastIndexOf('@') + 1),
});

/** Asks both at once. Progress that cannot be read makes the whole answer unknown. */
export const inquire = async (
  ports: Ports,
  service: string,
  command: CommandBody,
  log: Log,
): Promise<Inquiry> => {
  const asked = askPending(ports, command);
  try {
    const progress = await ports.progress.load(progressKey(command, service));
    return { progress, pending: await asked };
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    log('warn', 'The progress of a command could not be read', errorFields(error));
    // Without it nobody can tell polls from crashes.
    return { progress: undefined, pending: (await asked) === 'no' ? 'no' : 'unknown' };
  }
};

/** May an attempt before this one have left details that its own progress does not have? */
export const hasEarlierDetails = (
  { attempt }: CommandBody,
  own: ProgressBody | undefined,
): boolean => attempt > 1 && own?.details === undefined;

/** The details that the attempts before this one left, if any. */
export const earlierDetails = async (
  ports: Ports,
  service: string,
  command: CommandBody,
  log: Log,
): Promise<unknown> => {
  try {
    return (await ports.progress.load(firstProgressKey(command, service)))?.details;
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    // A note for comfort: the task looks up what exists before it creates.
    log('warn', 'The details of the attempt before could not be read', errorFields(error));
    return undefined;
  }
};

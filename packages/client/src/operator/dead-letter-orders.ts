// What an operator can do about a dead letter: send it again, or throw it away with a reason.
import { addressKey, decodeBody, HEADER, PawlError } from '@pawl/core';
import type { ActorAddress, Body, DeadLetter, Headers, StoredEntry } from '@pawl/core';
import { askAnswer, askState } from '../ask.ts';
import { errorOfData } from '../client-error.ts';
import type { ClientShell } from '../client-shell.ts';
import { outcomeOf } from '../entry-outcome.ts';
import { messageIdOf, publishEntry } from '../publish-entry.ts';
import { giveOrder, orderBody, type OrderOptions } from './give-order.ts';

/** Dead letters as an operator sees them. */
export interface OperatedLetters {
  /** Oldest first; `after` is the id of the last one seen. */
  list(options?: {
    readonly limit?: number;
    readonly after?: string;
  }): Promise<readonly DeadLetter[]>;
  /** Throws `no-such-letter`. */
  load(id: string): Promise<DeadLetter>;
  /**
   * Sends it again: an entry as it was, a late success as `pawl.late.…`, an unreadable command as
   * its next attempt. It is removed once it was taken; throws the refusal, and then it stays.
   */
  redrive(id: string, options?: OrderOptions): Promise<void>;
  /** Removes it; the actor's history keeps who did and why. */
  discard(id: string, options?: OrderOptions): Promise<void>;
}

const findLetter = async ({ ports }: ClientShell, id: string): Promise<DeadLetter> => {
  const letter = await ports.deadLetters.load(id);
  if (letter !== undefined) return letter;
  throw new PawlError(
    'no-such-letter',
    `There is no dead letter ${id}: somebody was faster, or list them.`,
  );
};

const actorOf = ({ id, actor }: DeadLetter): ActorAddress => {
  if (actor !== undefined) return actor;
  throw new PawlError('invalid-entry', `The dead letter ${id} names no actor: discard it.`);
};

/** Headers that say what the entry is for; all others were about its first publication. */
const carriedHeaders = ({ headers }: StoredEntry): Headers =>
  Object.fromEntries(
    [HEADER.by, HEADER.class, HEADER.version, HEADER.traceparent].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const redriveEntry = async (
  shell: ClientShell,
  sequence: number,
  { id, timeoutMs = shell.timeoutMs }: OrderOptions & { readonly id: string },
): Promise<void> => {
  const stored = await shell.ports.journal.get(sequence);
  if (stored === undefined)
    throw new PawlError(
      'invalid-entry',
      `Entry ${sequence} is not in the journal any more: discard it.`,
    );
  if (stored.kindToken === 'timer')
    throw new PawlError('forged-timer', 'Only the broker says that a timer fired: discard it.');
  const body = decodeBody(stored.body); // Throws `invalid-body`: it would be refused again.
  const entry = {
    actor: { type: stored.type, id: stored.id },
    kindToken: stored.kindToken,
    body,
    headers: carriedHeaders(stored),
    id,
  };
  const answer = await outcomeOf(shell, entry, timeoutMs);
  if (answer.outcome === 'refused' || answer.outcome === 'faulted') throw errorOfData(answer.error);
};

const redriveLate = async (
  shell: ClientShell,
  letter: DeadLetter,
  { src, path, input, output }: Body,
  options: OrderOptions,
): Promise<void> => {
  const event = { type: `pawl.late.${String(src)}`, path, input, output };
  await giveOrder(shell, actorOf(letter), { type: 'inject', event }, options);
};

const redriveCommand = async (
  shell: ClientShell,
  letter: DeadLetter,
  subject: string,
  options: OrderOptions,
): Promise<void> => {
  const actor = actorOf(letter);
  const generation = subject.slice(subject.lastIndexOf('.') + 1);
  const { waitingFor } = await askState(shell, actor);
  const waiting = waitingFor.find(
    (each) => each.generation === generation && each.status !== 'cancelled',
  );
  if (waiting === undefined)
    throw new PawlError(
      'not-pending',
      `${addressKey(actor)} does not wait for the command ${letter.id} any more: discard it.`,
    );
  await giveOrder(shell, actor, { type: 'retry', path: waiting.name }, options);
};

/**
 * An id for this try, the same for two who try at once; undefined when an earlier try was taken,
 * and only the removal is left to do.
 */
const nextTry = async (
  shell: ClientShell,
  { id, actor, sequence }: DeadLetter,
): Promise<string | undefined> => {
  const name = `redrive/${id}`;
  if (actor === undefined) return name;
  const prefix = messageIdOf(actor, name);
  const entries = await shell.ports.journal.read(actor, { from: sequence ?? 1 });
  const tries = entries.filter(({ headers }) => headers[HEADER.messageId]?.startsWith(prefix));
  const last = tries.at(-1);
  if (last === undefined) return name;
  const { outcome } = await askAnswer(shell, actor, last.sequence);
  return outcome === 'applied' ? undefined : `${name}~${tries.length}`;
};

const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const send = async (
  shell: ClientShell,
  letter: DeadLetter,
  options: OrderOptions & { readonly id: string },
): Promise<void> => {
  const { id, sequence, subject, body } = letter;
  if (sequence !== undefined) return redriveEntry(shell, sequence, options);
  if (subject?.startsWith(`${shell.ports.subjects.prefix}.command.`) === true)
    return redriveCommand(shell, letter, subject, options);
  if (isBody(body) && typeof body['src'] === 'string')
    return redriveLate(shell, letter, body, options);
  const why =
    isBody(body) && 'bytes' in body
      ? `the ${String(body['bytes'])} bytes of it were too many for a letter`
      : 'nothing says how';
  throw new PawlError(
    'invalid-entry',
    `The dead letter ${id} cannot be sent again, ${why}: discard it.`,
  );
};

const redrive = async (shell: ClientShell, id: string, given: OrderOptions): Promise<void> => {
  const letter = await findLetter(shell, id);
  const tryId = given.id ?? (await nextTry(shell, letter));
  if (tryId !== undefined) await send(shell, letter, { ...given, id: tryId });
  await shell.ports.deadLetters.remove(id);
};

/** The entry is the record; nobody has to wait for its answer, not even a parked actor's. */
const discard = async (shell: ClientShell, id: string, options: OrderOptions): Promise<void> => {
  const { actor } = await findLetter(shell, id);
  if (actor !== undefined) {
    const body = orderBody(shell, { type: 'discard', letter: id }, options);
    const answer = shell.inbox.expect(); // Asked for, so that a refusal is no dead letter again.
    answer.forget();
    const headers = { [HEADER.by]: body.by, [HEADER.answerTo]: answer.subject };
    const entry = { actor, kindToken: 'admin', body, headers, id: `discard/${id}` };
    await publishEntry(shell, entry, shell.clock.now() + (options.timeoutMs ?? shell.timeoutMs));
  }
  await shell.ports.deadLetters.remove(id);
};

/** Dead letters of one operator. */
export const operateLetters = (shell: ClientShell): OperatedLetters => ({
  list: (options) => shell.ports.deadLetters.list(options),
  load: (id) => findLetter(shell, id),
  redrive: (id, options = {}) => redrive(shell, id, options),
  discard: (id, options = {}) => discard(shell, id, options),
});

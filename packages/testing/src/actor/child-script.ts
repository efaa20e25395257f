// Plays a remote child that has no machine in the test: its end is what the script says.
import { encodeBody, errorDataOf, type CreateEffect, type ErrorData } from '@pawl/core';
import type { ParentLink, PeerSignal, Ports } from '@pawl/core';
import { TaskError } from '@pawl/worker';
import { Unanswered } from './task-script.ts';

/** Its types were checked where it was written. */
type AnyChildScript = (input: unknown, id: string) => unknown;

const errorOf = (thrown: unknown): ErrorData =>
  thrown instanceof TaskError
    ? { code: thrown.code, message: thrown.message, retryable: thrown.retryable }
    : errorDataOf(thrown);

const endOf = async (
  script: unknown,
  { input, to }: CreateEffect,
  parent: ParentLink,
): Promise<PeerSignal> => {
  const { path, generation } = parent;
  try {
    const output: unknown =
      typeof script === 'function' ? await (script as AnyChildScript)(input, to.id) : script;
    if (output instanceof TaskError) throw output;
    return {
      type: 'pawl.child-done',
      path,
      generation,
      ...(output !== undefined && { output }),
    };
  } catch (thrown) {
    return { type: 'pawl.child-failed', path, generation, error: errorOf(thrown) };
  }
};

/** Tells the parent how the child ended. */
export const playChild = async (
  ports: Ports,
  effect: CreateEffect,
  sequence: number,
  script: unknown,
): Promise<void> => {
  const { parent, to } = effect;
  if (script instanceof Unanswered || parent === undefined) return;
  const event = await endOf(script, effect, parent);
  const from = { ...to, sequence, n: 0 };
  const { type, id } = parent;
  await ports.journal.append({ type, id, kindToken: 'peer', body: encodeBody({ from, event }) });
};

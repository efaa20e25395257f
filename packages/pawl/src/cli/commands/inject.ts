// `pawl inject`: an event, the end of a command or child, or a timer, as if it had come.
import type { Command } from 'commander';
import type { Injection } from '@pawl/client';
import type { ErrorData } from '@pawl/core';
import { readData, readFields } from '../data-arguments.ts';
import type { Invocation, Invoke } from '../invocation.ts';
import { addOrderCommand, type OrderFlags } from '../order/order-command.ts';
import { UsageError } from '../usage-error.ts';

interface Flags extends OrderFlags {
  readonly path?: string;
  readonly output?: string;
  readonly error?: string;
  readonly timer?: string;
}

/** Adds the command. */
export const addInjectCommand = (program: Command, invoke: Invoke): void =>
  addOrderCommand<Flags>(program, invoke, {
    name: 'inject',
    description: 'deliver an event, the end of a command or child, or a timer, as if it had come',
    words: ' [event] [data...]',
    addOptions: (command) =>
      void command
        .option('--path <path>', 'end this command or child, with --output or --error')
        .option('--output <json>', 'it is done, with this output')
        .option('--error <text>', 'it failed for good: a message, or {"code","message"}')
        .option('--timer <key>', 'fire this timer now'),
    examples: `
      pawl inject volume vol-1 EXTEND sizeGiB=40
      pawl inject volume vol-1 --path create --output '{"backendId":"b-1"}'
      pawl inject volume vol-1 --path create --error "gone at the provider"
      pawl inject --type volume --state erred --older 1h DELETE --why cleanup`,
    read: async (rest, flags, invocation) => {
      const injection = await readInjection(rest, flags, invocation);
      return (actor, options) => actor.inject(injection, options);
    },
  });

const readInjection = async (
  rest: readonly string[],
  { path, output, error, timer }: Flags,
  { terminal }: Invocation,
): Promise<Injection> => {
  const [type, ...words] = rest;
  const count = [type, path, timer].filter((each) => each !== undefined).length;
  if (count !== 1) throw new UsageError('Give one of: an event, --path, --timer.');
  if (timer !== undefined) return { timer };
  if (type !== undefined)
    return { event: { ...(await readFields(words, () => terminal.readInput())), type } };
  if (path === undefined || (output === undefined) === (error === undefined))
    throw new UsageError('--path needs either --output or --error.');
  if (error !== undefined) return { path, error: readError(error) };
  return { path, output: await readData([output ?? ''], () => terminal.readInput()) };
};

const readError = (text: string): ErrorData => {
  if (!text.startsWith('{')) return { code: 'operator', message: text, retryable: false };
  const data: unknown = JSON.parse(text);
  const { code, message } = data as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== 'string' || typeof message !== 'string')
    throw new UsageError('--error needs { "code": string, "message": string }, or a message.');
  return { code, message, retryable: false };
};

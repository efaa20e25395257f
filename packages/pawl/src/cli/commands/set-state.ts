// `pawl set-state`: puts an actor into a state of its chart.
import type { Command } from 'commander';
import { readFields } from '../data-arguments.ts';
import type { Invoke } from '../invocation.ts';
import { addOrderCommand } from '../order/order-command.ts';
import { UsageError } from '../usage-error.ts';

const readValue = (text: string): unknown => {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${text} is no state: write ok, alive.ok, or {"alive":"ok"}.`);
  }
};

/** Adds the command. */
export const addSetStateCommand = (program: Command, invoke: Invoke): void =>
  addOrderCommand(program, invoke, {
    name: 'set-state',
    description:
      'put an actor into a state of its chart: exit and entry actions run, what it invoked is ' +
      'cancelled, what the state invokes starts',
    words: ' <state> [context...]',
    examples: `
      pawl set-state volume vol-1 ok backendId=b-9 --why "created by hand"
      pawl set-state instance i-1 '{"power":"on","disk":"ok"}'`,
    read: async ([value, ...words], _flags, { terminal }) => {
      if (value === undefined)
        throw new UsageError('Which state? pawl set-state <type> <id> <state> [key=value...].');
      const state = readValue(value);
      const context =
        words.length === 0 ? undefined : await readFields(words, () => terminal.readInput());
      return (actor, options) =>
        actor.setState(state, { ...options, ...(context !== undefined && { context }) });
    },
  });

// `pawl get`: the state of one actor.
import type { Command } from 'commander';
import { checkType } from '../explained-error.ts';
import type { Invoke } from '../invocation.ts';
import { withSession } from '../session.ts';
import { printState } from '../show/print-state.ts';

/** Adds the command. */
export const addGetCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('get')
    .description("print an actor's state: value, context, what it waits for, what it takes")
    .argument('<type>', 'actor type')
    .argument('<id>', 'actor id')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl get volume vol-1
  $ pawl get volume vol-1 --json | jq .context`,
    )
    .action(async (type: string, id: string, _flags: object, command: Command) => {
      const invocation = invoke(command);
      await withSession(invocation, async ({ client, ports }) => {
        const actor = client.actor(type, id);
        await checkType(type, ports);
        printState(invocation, await actor.load());
      });
    });
};

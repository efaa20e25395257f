// `pawl history`: what happened to one actor.
import type { Command } from 'commander';
import { checkType } from '../explained-error.ts';
import { print, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withSession } from '../session.ts';
import { renderHistory } from '../show/history-table.ts';

interface Flags {
  readonly from?: number;
  readonly limit?: number;
}

/** Adds the command. */
export const addHistoryCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('history')
    .description('print what happened to an actor, oldest first')
    .argument('<type>', 'actor type')
    .argument('<id>', 'actor id')
    .option('--from <sequence>', 'first journal sequence', wholeNumber('--from', 1))
    .option('--limit <count>', 'at most so many entries', wholeNumber('--limit', 1))
    .addHelpText(
      'after',
      `
Examples:
  $ pawl history volume vol-1
  $ pawl history volume vol-1 --limit 10 --json | jq '.[].event'`,
    )
    .action(async (type: string, id: string, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal } = invocation;
      await withSession(invocation, async ({ client, ports }) => {
        const actor = client.actor(type, id);
        await checkType(type, ports);
        const entries = await actor.history(flags);
        print(invocation, entries, () => renderHistory(entries, terminal, terminal.now()));
      });
    });
};

// `pawl fold-again`: has an actor's journal folded anew by a mended machine.
import type { Command } from 'commander';
import type { Invoke } from '../invocation.ts';
import { addOrderCommand, refuseRest, type OrderFlags } from '../order/order-command.ts';

interface Flags extends OrderFlags {
  readonly to?: string;
}

/** Adds the command. */
export const addFoldAgainCommand = (program: Command, invoke: Invoke): void =>
  addOrderCommand<Flags>(program, invoke, {
    name: 'fold-again',
    description:
      "fold an actor's journal anew by a mended machine: commands that are out and still needed " +
      'go on, the rest is called off; events to others are not repeated',
    addOptions: (command) =>
      void command.option('--to <version>', 'version of the mended machine (default: the newest)'),
    examples: `
      pawl fold-again volume vol-1 --why "version 2 extends by nothing, too"
      pawl fold-again --type volume --status faulted --to 2`,
    read: async (rest, { to }) => {
      refuseRest(rest, 'fold-again');
      return (actor, options) =>
        actor.foldAgain({ ...options, ...(to !== undefined && { version: to }) });
    },
  });

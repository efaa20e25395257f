// `pawl create`: makes an actor and shows its first state.
import { Option, type Command } from 'commander';
import type { CreateOptions } from '@pawl/client';
import { readData } from '../data-arguments.ts';
import { checkType } from '../explained-error.ts';
import type { Invoke } from '../invocation.ts';
import { withSession } from '../session.ts';
import { printState } from '../show/print-state.ts';
import { classOption } from './class-option.ts';

/** Adds the command. */
export const addCreateCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('create')
    .description('create an actor and print its first state')
    .argument('<type>', 'actor type, as a host has registered it')
    .argument('<id>', 'A-Z a-z 0-9 _ -, up to 128')
    .argument('[input...]', 'key=value words, one JSON value, or - for JSON on stdin')
    .addOption(
      new Option('--if-exists <what>', 'when there is one: fail, return its state, or restart')
        .choices(['fail', 'return', 'restart'])
        .default('fail'),
    )
    .option('--machine-version <version>', 'machine version (default: the newest)')
    .addOption(classOption())
    .addHelpText(
      'after',
      `
A value that is JSON is JSON, all else is text: sizeGiB=20 is a number, name='"20"' is text.

Examples:
  $ pawl create volume vol-1 name=data sizeGiB=20
  $ pawl create volume vol-1 '{"name":"data","sizeGiB":20}' --if-exists return
  $ echo '{"name":"data","sizeGiB":20}' | pawl create volume vol-1 -`,
    )
    .action(async (type: string, id: string, words: string[], flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const input = await readData(words, () => invocation.terminal.readInput());
      await withSession(invocation, async ({ client, ports }) => {
        const actor = client.actor(type, id);
        await checkType(type, ports);
        const state = await actor.create(input, {
          ifExists: flags.ifExists,
          ...(flags.machineVersion !== undefined && { version: flags.machineVersion }),
          ...(flags.class !== undefined && { class: flags.class }),
        });
        printState(invocation, state);
      });
    });
};

interface Flags {
  readonly ifExists: NonNullable<CreateOptions['ifExists']>;
  readonly machineVersion?: string;
  readonly class?: NonNullable<CreateOptions['class']>;
}

// `pawl send`: sends one event and shows the state after it.
import type { Command } from 'commander';
import type { SendOptions } from '@pawl/client';
import { readFields } from '../data-arguments.ts';
import { checkType, explainedEvent } from '../explained-error.ts';
import type { Invoke } from '../invocation.ts';
import { withSession } from '../session.ts';
import { printState } from '../show/print-state.ts';
import { classOption } from './class-option.ts';

/** Adds the command. */
export const addSendCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('send')
    .description('send an event to an actor and print the state after it')
    .argument('<type>', 'actor type')
    .argument('<id>', 'actor id')
    .argument('<event>', 'event type')
    .argument('[data...]', 'key=value words, one JSON object, or - for JSON on stdin')
    .option('--id <id>', 'id of this call: the same id takes effect once')
    .addOption(classOption())
    .addHelpText(
      'after',
      `
Examples:
  $ pawl send volume vol-1 DELETE
  $ pawl send volume vol-1 EXTEND sizeGiB=40
  $ pawl send volume vol-1 EXTEND '{"sizeGiB":40}' --id ticket-17

Without pawl, from anywhere:
  $ nats pub pawl.in.event.volume.vol-1 '{"type":"EXTEND","sizeGiB":40}'`,
    )
    .action(
      async (
        type: string,
        id: string,
        event: string,
        words: string[],
        flags: Pick<SendOptions, 'id' | 'class'>,
        command: Command,
      ) => {
        const invocation = invoke(command);
        const fields = await readFields(words, () => invocation.terminal.readInput());
        await withSession(invocation, async ({ client, ports }) => {
          const actor = client.actor(type, id);
          await checkType(type, ports);
          const options = {
            ...(flags.id !== undefined && { id: flags.id }),
            ...(flags.class !== undefined && { class: flags.class }),
          };
          const state = await actor
            .send({ ...fields, type: event }, options)
            .catch(async (error: unknown) => {
              throw await explainedEvent(error, event, type, ports);
            });
          printState(invocation, state);
        });
      },
    );
};

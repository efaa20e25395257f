// `pawl pause` and `pawl resume` of queues: commands of a class or a service, instead of an actor.
import type { Command } from 'commander';
import type { OperatedQueues, QueueFilter } from '@pawl/client';
import type { QueueStatus } from '@pawl/core';
import { queueClass } from '../commands/class-option.ts';
import { print, type Invocation } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { withOperator } from '../operator-session.ts';
import { pauseText } from '../show/pause-text.ts';
import { renderTable, type TableTarget } from '../show/table.ts';
import { UsageError } from '../usage-error.ts';

/** Flags that choose queues. */
export interface QueueFlags extends QueueFilter {
  /** ms */
  readonly for?: number;
  readonly by?: string;
  readonly why?: string;
}

/** Adds `--class` and `--service`, and `--for` where it has a meaning. */
export const addQueueOptions = (command: Command, hasDuration: boolean): void => {
  command
    .option('--class <class>', 'commands of this class: regular, heavy, background', queueClass)
    .option('--service <service>', 'commands for this service');
  if (hasDuration)
    command.option('--for <time>', 'queues: resume after 30m, 2h', duration('--for'));
};

/** Is the order about queues? Throws UsageError when it names actors as well. */
export const isAboutQueues = (
  given: readonly string[],
  flags: QueueFlags & { readonly type?: string },
): boolean => {
  const isQueues = flags.class !== undefined || flags.service !== undefined;
  if (isQueues && (given.length > 0 || flags.type !== undefined))
    throw new UsageError(
      '--class and --service choose queues of commands: name no actor and no --type with them.',
    );
  if (!isQueues && flags.for !== undefined)
    throw new UsageError('--for is for queues: say --class or --service, too.');
  return isQueues;
};

const renderQueues = (queues: readonly QueueStatus[], target: TableTarget, now: number): string =>
  renderTable(
    queues,
    [
      { title: 'commands', text: (queue) => queue.class },
      { title: 'service', text: ({ service }) => service },
      {
        title: 'paused',
        text: (queue) => pauseText(queue, now, target.isPretty) || 'no',
      },
    ],
    target,
  );

/** Gives the order to the queues that the flags choose, and shows them. */
export const runQueueOrder = (
  invocation: Invocation,
  flags: QueueFlags,
  give: (queues: OperatedQueues, filter: QueueFilter) => Promise<readonly QueueStatus[]>,
): Promise<void> =>
  withOperator(invocation, flags.by, async ({ operator }) => {
    const filter = {
      ...(flags.class !== undefined && { class: flags.class }),
      ...(flags.service !== undefined && { service: flags.service }),
    };
    const queues = await give(operator.queues, filter);
    const { terminal } = invocation;
    print(invocation, queues, () => renderQueues(queues, terminal, terminal.now()));
  });

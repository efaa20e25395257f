// `pawl streams`: what flows, what waits, and who has it.
import type { Command } from 'commander';
import { systemClock } from '@pawl/core';
import { openInspector } from '@pawl/jetstream';
import { flowReport } from '../../installation/flow-report.ts';
import { HEARING_MS, listenForHeartbeats } from '../../installation/heartbeats.ts';
import { print, type Invoke } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { ours } from '../safe-text.ts';
import { withSession } from '../session.ts';
import { renderFlow } from '../show/flow-text.ts';
import { pause } from '../pause.ts';

interface Flags {
  readonly watch?: true;
  readonly every: number;
}

const EVERY_MS = 2000;

/**
 * To the upper left corner, and clear from there: what is written next takes the old one's place.
 */
const IN_PLACE = ours('\u001b[H\u001b[J');

/** Adds the command. */
export const addStreamsCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('streams')
    .description('show queues by class and service, partitions with their hosts, and stores')
    .option('--watch', 'again and again, in place; one document a line with --json')
    .option('--every <time>', 'with --watch: how often', duration('--every'), EVERY_MS)
    .addHelpText(
      'after',
      `
Columns:
  depth   commands in the queue, those in flight included
  slots   of the workers that were heard: taken/all
  pulls   requests of workers that wait for commands; one may be for several
  lag     entries that no host was given yet

Examples:
  $ pawl streams
  $ pawl streams --watch
  $ pawl streams --json | jq '.partitions[] | select(.lag > 0)'`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal, options } = invocation;
      await withSession(invocation, async ({ connection, ports }) => {
        const inspector = openInspector(connection, {
          ...(options.prefix !== undefined && { prefix: options.prefix }),
        });
        const listener = listenForHeartbeats(ports);
        try {
          await pause(HEARING_MS, terminal.interrupted);
          for (;;) {
            const streams = await inspector.streams();
            const queues = await ports.commands.queues();
            const heartbeats = listener.heard();
            const report = await flowReport({ inspector, streams, heartbeats, queues });
            const isInPlace = flags.watch === true && terminal.isPretty && !options.json;
            // The broker's times are compared with this machine's: `doctor` tells the skew.
            const text = (): string => renderFlow(report, terminal, systemClock.now());
            print(invocation, report, () => `${isInPlace ? IN_PLACE : ''}${text()}`);
            if (flags.watch !== true || terminal.interrupted.aborted) return;
            await pause(flags.every, terminal.interrupted);
            if (terminal.interrupted.aborted) return;
          }
        } finally {
          listener.stop();
          await inspector.close();
        }
      });
    });
};

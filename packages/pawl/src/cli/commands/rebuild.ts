// `pawl rebuild`: makes again what follows from the journal, and waits until hosts have filled it.
import type { Command } from 'commander';
import { PawlError } from '@pawl/core';
import { openInspector, rebuild, type Rebuilt } from '@pawl/jetstream';
import { watchVisits, type VisitProgress } from '../../installation/visits.ts';
import { print, type Invoke } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { barText } from '../order/run-orders.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly wait?: number;
}

const WAIT_MS = 60_000;

/** Adds the command. */
export const addRebuildCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('rebuild')
    .description('make timers, commands, snapshots and records again from the journal')
    .option(
      '--wait <time>',
      'how long hosts may take to fill them (default 1m; 0: do not wait)',
      duration('--wait'),
    )
    .addHelpText(
      'after',
      `
What is there stays; what is missing is made, and the timer stream also when it is not the one
that the journal takes its timers from. Hosts and workers register again and publish what their
actors wait for; integration events are not repeated. Hosts that start later do the same by
themselves. Repeating it is harmless.

Examples:
  $ pawl rebuild
  $ pawl rebuild --wait 10m --json`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal, options } = invocation;
      const { prefix } = options;
      const named = prefix === undefined ? {} : { prefix };
      await withSession(invocation, async ({ connection, ports }) => {
        const rebuilt = await rebuild(connection, named);
        const inspector = openInspector(connection, named);
        try {
          const progress = await watchVisits({
            ports,
            inspector,
            waitMs: flags.wait ?? WAIT_MS,
            signal: terminal.interrupted,
            onProgress: (seen) => terminal.progress(progressText(seen)),
          });
          terminal.progress('');
          print(invocation, { ...rebuilt, ...progress }, () => resultText(rebuilt, progress));
          if (!progress.isDone && flags.wait !== 0) throw unfinished(progress);
        } finally {
          await inspector.close();
        }
      });
    });
};

const progressText = ({ visited, partitions, unhosted }: VisitProgress): string => {
  const bar = `${barText(visited, Math.max(partitions, 1))} partitions`;
  return unhosted.length === 0 ? bar : `${bar}, no host yet for ${unhosted.join(', ')}`;
};

const resultText = (
  { created, updated, refoldedUpTo }: Rebuilt,
  { visited, partitions }: VisitProgress,
): string =>
  [
    ...created.map((name) => `created ${name}`),
    ...updated.map((name) => `updated ${name}`),
    ...(refoldedUpTo === undefined
      ? []
      : [`the journal came without positions: all ${refoldedUpTo} entries are folded anew`]),
    `${visited} of ${partitions} partitions are published again`,
  ].join('\n');

const unfinished = ({ unhosted, unvisited }: VisitProgress): PawlError => {
  const causes = [
    ...unhosted.map((type) => `no host has type ${type}`),
    ...unvisited.map((service) => `hosts of service ${service} have not visited all partitions`),
  ];
  return new PawlError(
    'wait-timeout',
    `The streams are there, but not filled: ${causes.join('; ')}. Start the hosts: each does its ` +
      'part when it starts. `pawl rebuild` again shows how far they are.',
  );
};

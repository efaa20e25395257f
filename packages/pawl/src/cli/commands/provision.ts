// `pawl provision`: creates the streams and buckets, or says how they differ.
import type { Command } from 'commander';
import { PawlError, type Ports } from '@pawl/core';
import { checkTopology, provision, type TopologyOptions } from '@pawl/jetstream';
import { print, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly replicas?: number;
  readonly partitions?: number;
  readonly check?: boolean;
  readonly consumers?: boolean;
}

/** Adds the command. */
export const addProvisionCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('provision')
    .description(
      'create the streams and buckets that are missing; refuse what would lose something',
    )
    .option(
      '--replicas <count>',
      'replicas of each stream: 1, 3 or 5',
      wholeNumber('--replicas', 1),
    )
    .option(
      '--partitions <count>',
      'partitions of the journal, fixed from then on (default 32)',
      wholeNumber('--partitions', 1),
    )
    .option('--check', 'compare only and change nothing; exit code 1 when something differs')
    .option('--consumers', 'also the consumers of every service that the registry knows')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl provision --replicas 3
  $ pawl provision --consumers
  $ pawl provision --check --json`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { replicas, partitions } = flags;
      const { prefix } = invocation.options;
      const topology: TopologyOptions = {
        ...(prefix !== undefined && { prefix }),
        ...(replicas !== undefined && { replicas }),
        ...(partitions !== undefined && { partitions }),
      };
      await withSession(invocation, async ({ connection, ports }) => {
        if (flags.check !== true) {
          const done = await provision(connection, topology);
          if (flags.consumers === true) await provisionServices(ports);
          print(invocation, done, () =>
            [
              ...done.created.map((name) => `created ${name}`),
              ...done.updated.map((name) => `updated ${name}`),
              `${done.partitions} partitions; everything is there`,
            ].join('\n'),
          );
          return;
        }
        const found = await checkTopology(connection, topology);
        const lines = [
          ...found.missing.map((name) => `missing ${name}`),
          ...found.differences.map(
            ({ stream, field, found: is, wanted }) =>
              `differs ${stream} ${field}: ${JSON.stringify(is)}, wanted ${JSON.stringify(wanted)}`,
          ),
        ];
        print(invocation, found, () => lines.join('\n') || 'everything is there, nothing differs');
        if (lines.length > 0)
          throw new PawlError(
            'topology-mismatch',
            `${found.missing.length} missing, ${found.differences.length} different. ` +
              '`pawl provision` creates what is missing and updates what is harmless.',
          );
      });
    });
};

/** What hosts do when they start, for services whose hosts are running already. */
const provisionServices = async ({ registry, journal, commands }: Ports): Promise<void> => {
  const machines = await registry.machines();
  for (const service of new Set(machines.map((machine) => machine.service))) {
    const own = machines.filter((machine) => machine.service === service);
    await journal.provisionConsumers(service, [...new Set(own.map(({ type }) => type))]);
  }
  const commanded = machines.flatMap((machine) => machine.commands);
  for (const service of new Set(
    [...commanded, ...(await registry.tasks())].map((task) => task.service),
  ))
    await commands.provision(service);
};

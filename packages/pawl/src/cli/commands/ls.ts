// `pawl ls`: the actors of one type or of all.
import type { Command } from 'commander';
import type { ActorSummary } from '@pawl/core';
import { checkType } from '../explained-error.ts';
import { print, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withSession, type Session } from '../session.ts';
import { stateText, statusColor } from '../show/state-text.ts';
import { renderTable, type Column, type TableTarget } from '../show/table.ts';
import { timeText } from '../show/time-text.ts';

interface Flags {
  readonly state?: string;
  readonly tag?: string;
  readonly limit?: number;
}

/** Adds the command. */
export const addListCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('ls')
    .description('list the actors of a type, or of all types')
    .argument('[type]', 'actor type (default: all)')
    .option('--state <state>', 'in this state: ok matches ok and every state below it')
    .option('--tag <tag>', 'with this tag')
    .option('--limit <count>', 'at most so many', wholeNumber('--limit', 1))
    .addHelpText(
      'after',
      `
Examples:
  $ pawl ls
  $ pawl ls volume --state erred
  $ pawl ls volume --json | jq -r '.[].id'`,
    )
    .action(async (type: string | undefined, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal } = invocation;
      await withSession(invocation, async (session) => {
        const actors = await listActors(session, type, flags);
        print(invocation, actors, () =>
          actors.length === 0 && terminal.isPretty
            ? terminal.colors.dim('no actors')
            : renderActors(actors, terminal, terminal.now()),
        );
      });
    });
};

const listActors = async (
  { client, ports }: Session,
  type: string | undefined,
  { limit = Infinity, ...filter }: Flags,
): Promise<readonly ActorSummary[]> => {
  if (type !== undefined) await checkType(type, ports);
  const machines = await ports.registry.machines(type);
  const types = [...new Set(machines.map((machine) => machine.type))].toSorted();
  const actors: ActorSummary[] = [];
  for (const each of types) {
    if (actors.length >= limit) break;
    for await (const actor of client.list(each, { ...filter, limit: limit - actors.length }))
      actors.push(actor);
  }
  return actors;
};

const renderActors = (
  actors: readonly ActorSummary[],
  target: TableTarget,
  now: number,
): string => {
  const columns: readonly Column<ActorSummary>[] = [
    { title: 'type', text: ({ type }) => type },
    { title: 'id', text: ({ id }) => id, color: (_row, colors) => colors.bold },
    {
      title: 'state',
      text: ({ value }) => stateText(value),
      color: ({ status }, colors) => statusColor(status, colors),
    },
    { title: 'status', text: ({ status, parked }) => (parked === undefined ? status : 'parked') },
    { title: 'tags', text: ({ tags }) => tags.join(',') },
    { title: 'since', text: ({ since }) => timeText(since, now, target.isPretty) },
    { title: 'version', text: ({ version }) => version },
    { title: 'sequence', align: 'right', text: ({ sequence }) => String(sequence) },
  ];
  return renderTable(actors, columns, target);
};

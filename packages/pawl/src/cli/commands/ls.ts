// `pawl ls`: the actors of one type or of all.
import type { Command } from 'commander';
import { PawlError, type ActorSummary } from '@pawl/core';
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
        const actors =
          type === undefined
            ? await listAll(session, flags, (line) => terminal.complain(line))
            : await listType(session, type, flags);
        print(invocation, actors, () =>
          actors.length === 0 && terminal.isPretty
            ? terminal.colors.dim('no actors')
            : renderActors(actors, terminal, terminal.now()),
        );
      });
    });
};

const listType = async (
  { client, ports }: Session,
  type: string,
  flags: Flags,
): Promise<readonly ActorSummary[]> => {
  await checkType(type, ports);
  const actors: ActorSummary[] = [];
  for await (const actor of client.list(type, flags)) actors.push(actor);
  return actors;
};

/** All types at once, so that those without a host make the others wait no longer than one does. */
const listAll = async (
  session: Session,
  flags: Flags,
  complain: (line: string) => void,
): Promise<readonly ActorSummary[]> => {
  const machines = await session.ports.registry.machines();
  const types = [...new Set(machines.map(({ type }) => type))].toSorted();
  const results = await Promise.allSettled(types.map((type) => listType(session, type, flags)));
  const actors: ActorSummary[] = [];
  const left: string[] = [];
  for (const [index, result] of results.entries())
    if (result.status === 'fulfilled') actors.push(...result.value);
    else if (isUnanswered(result.reason) && results.some(({ status }) => status === 'fulfilled'))
      left.push(types[index] ?? '');
    else throw result.reason;
  for (const type of left)
    complain(`No host answers for ${type}: start one, or give it back (pawl retire ${type})`);
  return actors.slice(0, flags.limit);
};

const isUnanswered = (error: unknown): boolean =>
  error instanceof PawlError && error.code === 'no-answer';

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

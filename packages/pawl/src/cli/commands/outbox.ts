// `pawl outbox migrate | status | ls | redrive`: the outbox of a database.
import type { Command } from 'commander';
import { addressKey } from '@pawl/core';
import {
  listRefused,
  migrate,
  readStatus,
  redrive,
  type Database,
  type OutboxStatus,
  type RefusedRow,
} from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import { print, type Invocation, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { confirm } from '../order/run-orders.ts';
import { withSession } from '../session.ts';
import { renderTable, type Column } from '../show/table.ts';
import { durationText, timeText } from '../show/time-text.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly database?: string;
  readonly type?: string;
  readonly limit?: number;
  readonly after?: number;
  readonly all?: true;
  readonly yes?: true;
}

const databaseOf = ({ options }: Invocation, flags: Flags): Database => {
  const url = flags.database ?? options.database;
  if (url === undefined)
    throw new UsageError(
      'Which database? --database postgres://user@host/name, or PAWL_DATABASE in the environment.',
    );
  return pgDatabase(url);
};

/** Adds the commands. All but redrive ask the database alone. */
export const addOutboxCommands = (program: Command, invoke: Invoke): void => {
  const outbox = program
    .command('outbox')
    .description('events that leave with a database transaction: tables, state, refused rows');
  const add = (name: string, description: string): Command =>
    outbox
      .command(name)
      .description(description)
      .option('--database <url>', 'the database (default: PAWL_DATABASE)');

  add('migrate', 'create or update the tables and functions of the outbox').action(
    async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const migrated = await migrate(databaseOf(invocation, flags));
      const { from, version, id } = migrated;
      print(invocation, migrated, () =>
        from === version
          ? `outbox ${id} has version ${version} already`
          : `outbox ${id} has version ${version} now (before: ${from === 0 ? 'none' : from})`,
      );
    },
  );
  add('status', 'what waits, since when, who relays, what was refused').action(
    async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const status = await readStatus(databaseOf(invocation, flags));
      print(invocation, status, () => statusText(status));
    },
  );
  add('ls', 'list refused rows, oldest first')
    .option('--type <type>', 'for actors of this type')
    .option('--limit <count>', 'at most so many (default 500)', wholeNumber('--limit', 1))
    .option('--after <number>', 'after this one', wholeNumber('--after', 0))
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const rows = await listRefused(databaseOf(invocation, flags), pageOf(flags));
      print(invocation, rows, () => renderRows(rows, invocation));
    });
  add('redrive', 'send refused rows again; their dead letters are removed')
    .argument('[numbers...]', 'as listed')
    .option('--all', 'all of them, or all of --type')
    .option('--type <type>', 'with --all: for actors of this type')
    .option('--yes', 'do not ask')
    .action(async (numbers: string[], flags: Flags, command: Command) =>
      redriveRows(invoke(command), numbers, flags),
    );
};

const pageOf = ({ type, limit, after }: Flags): Parameters<typeof listRefused>[1] => ({
  ...(type !== undefined && { type }),
  ...(limit !== undefined && { limit }),
  ...(after !== undefined && { after }),
});

const redriveRows = async (
  invocation: Invocation,
  words: readonly string[],
  flags: Flags,
): Promise<void> => {
  if ((words.length === 0) !== (flags.all === true))
    throw new UsageError('Which ones? pawl outbox redrive <number>..., or --all.');
  const database = databaseOf(invocation, flags);
  const numbers =
    flags.all === true
      ? (await listRefused(database, { ...pageOf(flags), limit: 1_000_000 })).map(
          (row) => row.number,
        )
      : words.map(wholeNumber('redrive', 1));
  const isMany = flags.all === true && numbers.length > 0;
  const question = `redrive ${numbers.length} rows?`;
  const isWanted = !isMany || (await confirm(invocation, question, flags.yes === true));
  if (!isWanted || numbers.length === 0) return print(invocation, [], () => 'nothing done');
  await withSession(invocation, async ({ ports }) => {
    const done = await redrive(database, numbers, { deadLetters: ports.deadLetters });
    print(invocation, done, () =>
      done.map(({ number, redrivenAs }) => `${number}\tsent again as ${redrivenAs}`).join('\n'),
    );
    const missing = numbers.filter((number) => !done.some((row) => row.number === number));
    if (missing.length > 0)
      throw new Error(`Not refused, or redriven before: ${missing.join(', ')}.`);
  });
};

const statusText = (status: OutboxStatus): string =>
  [
    ['outbox', status.id],
    ['waiting', String(status.waiting)],
    ['oldest', status.oldestMs === undefined ? '–' : durationText(status.oldestMs)],
    ['refused', String(status.refused)],
    ['relays', String(status.relays)],
    ['lanes without a relay', String(status.lanesFree)],
  ]
    .map((line) => line.join('\t'))
    .join('\n');

const renderRows = (rows: readonly RefusedRow[], { terminal }: Invocation): string => {
  if (rows.length === 0 && terminal.isPretty) return terminal.colors.dim('nothing was refused');
  const now = terminal.now();
  const columns: readonly Column<RefusedRow>[] = [
    { title: 'number', text: ({ number }) => String(number), align: 'right' },
    { title: 'actor', text: addressKey },
    { title: 'kind', text: ({ kind }) => kind },
    { title: 'when', text: ({ refusedAt }) => timeText(refusedAt, now, terminal.isPretty) },
    { title: 'code', text: ({ code }) => code },
    { title: 'message', text: ({ message }) => message },
    { title: 'body', text: ({ body }) => JSON.stringify(body) },
  ];
  return renderTable(rows, columns, terminal);
};

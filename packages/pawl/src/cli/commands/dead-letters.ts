// `pawl dead-letters ls | show | redrive | discard`: what could not be delivered.
import type { Command } from 'commander';
import type { OrderOptions } from '@pawl/client';
import { addressKey, errorDataOf, type DeadLetter, type ErrorData } from '@pawl/core';
import { print, type Invocation, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withOperator, type OperatorSession } from '../operator-session.ts';
import { confirm } from '../order/run-orders.ts';
import { renderTable, type Column } from '../show/table.ts';
import { isoTime, timeText } from '../show/time-text.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly type?: string;
  readonly why?: string;
  readonly by?: string;
  readonly all?: true;
  readonly yes?: true;
  readonly limit?: number;
  readonly after?: string;
}

type Treat = (session: OperatorSession, id: string, options: OrderOptions) => Promise<void>;

const PAGE = 500;

/** Adds the commands. */
export const addDeadLetterCommands = (program: Command, invoke: Invoke): void => {
  const letters = program
    .command('dead-letters')
    .description('what could not be delivered: list, show, send again, throw away');
  letters
    .command('ls')
    .description('list dead letters, oldest first')
    .option('--type <type>', 'of actors of this type')
    .option('--limit <count>', 'at most so many', wholeNumber('--limit', 1))
    .option('--after <id>', 'after this one')
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      await withOperator(invocation, undefined, async (session) => {
        const found = await findLetters(session, flags);
        print(invocation, found, () => renderLetters(found, invocation));
      });
    });
  letters
    .command('show')
    .description('print one dead letter')
    .argument('<id>', 'as listed')
    .action(async (id: string, _flags: object, command: Command) => {
      const invocation = invoke(command);
      await withOperator(invocation, undefined, async ({ operator }) => {
        const letter = await operator.deadLetters.load(id);
        print(invocation, letter, () => renderLetter(letter));
      });
    });
  const treated = (name: string, description: string, treat: Treat): void => {
    letters
      .command(name)
      .description(description)
      .argument('[ids...]', 'as listed')
      .option('--all', 'all of them, or all of --type')
      .option('--type <type>', 'with --all: of actors of this type')
      .option('--why <text>', 'the reason, for the history')
      .option('--by <name>', 'who does it (default: you)')
      .option('--yes', 'do not ask')
      .action(async (ids: string[], flags: Flags, command: Command) =>
        treatLetters(invoke(command), name, ids, flags, treat),
      );
  };
  treated('redrive', 'send again; what is taken is removed', ({ operator }, id, options) =>
    operator.deadLetters.redrive(id, options),
  );
  treated('discard', "remove; the actor's history says who and why", ({ operator }, id, options) =>
    operator.deadLetters.discard(id, options),
  );
};

const findLetters = async (
  { operator }: OperatorSession,
  { type, limit = Infinity, after: first }: Flags,
): Promise<readonly DeadLetter[]> => {
  const found: DeadLetter[] = [];
  let after = first;
  for (;;) {
    const page = await operator.deadLetters.list({
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    for (const letter of page)
      if (type === undefined || letter.actor?.type === type) found.push(letter);
    after = page.at(-1)?.id;
    if (page.length < PAGE || found.length >= limit) return found.slice(0, limit);
  }
};

interface Line {
  readonly id: string;
  readonly outcome: 'done' | 'refused';
  readonly error?: ErrorData;
}

const treatLetters = async (
  invocation: Invocation,
  name: string,
  ids: readonly string[],
  flags: Flags,
  treat: Treat,
): Promise<void> => {
  const { terminal } = invocation;
  if ((ids.length === 0) !== (flags.all === true))
    throw new UsageError(`Which ones? pawl dead-letters ${name} <id>..., or --all.`);
  await withOperator(invocation, flags.by, async (session) => {
    const chosen =
      ids.length > 0 ? ids : (await findLetters(session, flags)).map((letter) => letter.id);
    const isMany = flags.all === true && chosen.length > 0;
    const question = `${name} ${chosen.length} dead letters?`;
    const isWanted = !isMany || (await confirm(invocation, question, flags.yes === true));
    const lines: Line[] = [];
    for (const id of isWanted ? chosen : []) {
      try {
        await treat(session, id, flags.why === undefined ? {} : { why: flags.why });
        lines.push({ id, outcome: 'done' });
      } catch (error) {
        lines.push({ id, outcome: 'refused', error: errorDataOf(error) });
      }
      terminal.progress(`${lines.length}/${chosen.length}`);
    }
    terminal.progress('');
    const columns: readonly Column<Line>[] = [
      { title: 'id', text: ({ id }) => id },
      { title: 'outcome', text: ({ outcome }) => outcome },
      { title: 'error', text: ({ error }) => (error ? `${error.code}: ${error.message}` : '') },
    ];
    print(invocation, lines, () =>
      lines.length === 0 ? 'nothing done' : renderTable(lines, columns, terminal),
    );
    const refused = lines.filter(({ outcome }) => outcome === 'refused').length;
    if (refused > 0)
      throw new Error(`${refused} of ${lines.length} dead letters stay: see the errors above.`);
  });
};

const renderLetters = (letters: readonly DeadLetter[], { terminal }: Invocation): string => {
  if (letters.length === 0 && terminal.isPretty) return terminal.colors.dim('no dead letters');
  const now = terminal.now();
  const columns: readonly Column<DeadLetter>[] = [
    { title: 'id', text: ({ id }) => id, color: (_row, colors) => colors.bold },
    { title: 'actor', text: ({ actor }) => (actor === undefined ? '–' : addressKey(actor)) },
    { title: 'when', text: ({ time }) => timeText(time, now, terminal.isPretty) },
    { title: 'code', text: ({ error }) => error.code },
    { title: 'message', text: ({ error }) => error.message },
  ];
  return renderTable(letters, columns, terminal);
};

const renderLetter = ({ id, actor, error, sequence, subject, body, time }: DeadLetter): string =>
  [
    ['id', id],
    ['actor', actor === undefined ? undefined : addressKey(actor)],
    ['when', isoTime(time)],
    ['error', `${error.code}: ${error.message}`],
    ['sequence', sequence === undefined ? undefined : String(sequence)],
    ['subject', subject],
    ['body', body === undefined ? undefined : JSON.stringify(body)],
  ]
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}\t${value}`)
    .join('\n');

// `pawl limits ls | show | set | release | audit`: who holds a permit and who waits.
import type { Command } from 'commander';
import { holderOf, isUnheldForSure, type LimitView, type UnheldPermit } from '@pawl/client';
import { addressKey, type PermitView } from '@pawl/core';
import { print, type Invocation, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withOperator, type OperatorSession } from '../operator-session.ts';
import { confirm } from '../order/run-orders.ts';
import { renderTable, type Column } from '../show/table.ts';
import { timeText } from '../show/time-text.ts';
import { UsageError } from '../usage-error.ts';

interface Flags {
  readonly why?: string;
  readonly by?: string;
  readonly yes?: true;
  readonly fix?: true;
  readonly declared?: true;
}

const SCOPE = 'as in openstack/settings-7';

const addOrderOptions = (command: Command): Command =>
  command
    .option('--why <text>', 'the reason, for the history')
    .option('--by <name>', 'who does it (default: you)');

const examples = (lines: string): string => `\nExamples:\n${lines.trim().replace(/^ */gm, '  $ ')}`;

/** Adds the commands. */
export const addLimitCommands = (program: Command, invoke: Invoke): void => {
  const limits = program
    .command('limits')
    .description('permits under limits: who holds one, who waits, how many there are')
    .addHelpText(
      'after',
      examples(`pawl limits ls
        pawl limits show openstack/settings-7
        pawl limits set openstack/settings-7 8 --why 'a quiet night'
        pawl limits release openstack/settings-7 volume/vol-3
        pawl limits audit --fix`),
    );
  limits
    .command('ls')
    .description('list all limits')
    .addHelpText('after', examples('pawl limits ls --json'))
    .action(async (_flags: object, command: Command) => {
      const invocation = invoke(command);
      await withOperator(invocation, undefined, async ({ operator }) => {
        const found: LimitView[] = [];
        for await (const limit of operator.limits.list()) found.push(limit);
        print(invocation, found, () => renderLimits(found, invocation));
      });
    });
  limits
    .command('show')
    .description('who holds a permit of a limit and who waits, since when')
    .argument('<scope>', SCOPE)
    .addHelpText('after', examples('pawl limits show openstack/settings-7'))
    .action(async (scope: string, _flags: object, command: Command) => {
      const invocation = invoke(command);
      await withOperator(invocation, undefined, async ({ operator }) => {
        const limit = await operator.limits.load(scope);
        print(invocation, limit, () => renderPermits(limit, invocation));
      });
    });
  const set = limits
    .command('set')
    .description(
      'how many may hold a permit: raising wakes those who wait, lowering takes none away',
    )
    .argument('<scope>', SCOPE)
    .argument('[max]', 'a whole number from 1 on', wholeNumber('<max>', 1))
    .option('--declared', 'instead of <max>: as many as requests declare');
  addOrderOptions(set)
    .addHelpText(
      'after',
      examples(`pawl limits set openstack/settings-7 8
        pawl limits set openstack/settings-7 --declared`),
    )
    .action(async (scope: string, max: number | undefined, flags: Flags, command: Command) => {
      if ((max === undefined) !== (flags.declared === true))
        throw new UsageError('pawl limits set takes either <max> or --declared.');
      const invocation = invoke(command);
      await withOperator(invocation, flags.by, async ({ operator }) => {
        await operator.limits.setCapacity(scope, max, optionsOf(flags));
        const limit = await operator.limits.load(scope);
        print(invocation, limit, () => renderLimits([limit], invocation));
      });
    });
  const release = limits
    .command('release')
    .description('take a permit back from a holder that is faulted or gone')
    .argument('<scope>', SCOPE)
    .argument('<holder>', '<type>/<id>, as shown')
    .option('--yes', 'do not ask');
  addOrderOptions(release)
    .addHelpText('after', examples('pawl limits release openstack/settings-7 volume/vol-3'))
    .action(async (scope: string, text: string, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const holder = holderOf(text);
      await withOperator(invocation, flags.by, async ({ operator }) => {
        await operator.limits.load(scope);
        const question = `Take the permit of ${scope} from ${addressKey(holder)}?`;
        if (!(await confirm(invocation, question, flags.yes === true))) {
          print(invocation, null, () => 'nothing done');
          return;
        }
        await operator.limits.release(scope, holder, optionsOf(flags));
        const limit = await operator.limits.load(scope);
        print(invocation, limit, () => renderPermits(limit, invocation));
      });
    });
  const audit = limits
    .command('audit')
    .description('compare permits with what their holders say')
    .argument('[scope]', `${SCOPE} (default: all)`)
    .option('--fix', 'release what nobody holds');
  addOrderOptions(audit)
    .addHelpText('after', examples('pawl limits audit openstack/settings-7 --fix'))
    .action(async (scope: string | undefined, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      await withOperator(invocation, flags.by, async (session) => {
        const found = await runAudit(session, scope, flags);
        print(invocation, found, () => renderAudit(found, invocation, flags.fix === true));
      });
    });
};

const optionsOf = ({ why }: Flags): { readonly why?: string } => (why === undefined ? {} : { why });

const runAudit = async (
  { operator: { limits } }: OperatorSession,
  scope: string | undefined,
  flags: Flags,
): Promise<readonly UnheldPermit[]> => {
  const scopes: string[] = scope === undefined ? [] : [scope];
  if (scope === undefined) for await (const limit of limits.list()) scopes.push(limit.scope);
  const found: UnheldPermit[] = [];
  for (const each of scopes) found.push(...(await limits.audit(each)));
  if (flags.fix === true)
    for (const unheld of found.filter(isUnheldForSure)) {
      const { scope: of, holder, path, generation } = unheld;
      await limits.release(of, holder, { path, generation, why: 'audit', ...optionsOf(flags) });
    }
  return found;
};

const renderLimits = (found: readonly LimitView[], { terminal }: Invocation): string => {
  const columns: readonly Column<LimitView>[] = [
    { title: 'scope', text: ({ scope }) => scope, color: (_row, colors) => colors.bold },
    { title: 'held', text: ({ held }) => String(held), align: 'right' },
    { title: 'max', text: ({ capacity }) => String(capacity), align: 'right' },
    { title: 'waiting', text: ({ waiting }) => String(waiting), align: 'right' },
    { title: 'set by', text: ({ ordered }) => (ordered === undefined ? 'requests' : 'operator') },
  ];
  return renderTable(found, columns, terminal);
};

const permitColumns = (now: number, isPretty: boolean): readonly Column<PermitView>[] => [
  {
    title: 'state',
    text: ({ heldSince, within }) =>
      heldSince === undefined ? 'waits' : within === undefined ? 'holds' : 'holds (parent)',
  },
  { title: 'holder', text: ({ holder }) => addressKey(holder) },
  { title: 'path', text: ({ path }) => path },
  { title: 'since', text: ({ since, heldSince }) => timeText(heldSince ?? since, now, isPretty) },
];

const renderPermits = (limit: LimitView, { terminal }: Invocation): string => {
  const columns = permitColumns(terminal.now(), terminal.isPretty);
  const table = renderTable(limit.permits, columns, terminal);
  if (!terminal.isPretty) return table;
  const { scope, held, capacity, waiting } = limit;
  const title = `${terminal.colors.bold(scope)}  ${held}/${capacity} held, ${waiting} waiting`;
  return table === '' ? title : `${title}\n${table}`;
};

const renderAudit = (
  found: readonly UnheldPermit[],
  { terminal }: Invocation,
  isFixed: boolean,
): string => {
  if (found.length === 0 && terminal.isPretty)
    return terminal.colors.dim('every permit has its holder');
  const columns: readonly Column<UnheldPermit>[] = [
    { title: 'scope', text: ({ scope }) => scope },
    ...(permitColumns(terminal.now(), terminal.isPretty) as readonly Column<UnheldPermit>[]),
    {
      title: 'why',
      text: (row) => (isFixed && isUnheldForSure(row) ? `${row.why}: released` : row.why),
    },
  ];
  return renderTable(found, columns, terminal);
};

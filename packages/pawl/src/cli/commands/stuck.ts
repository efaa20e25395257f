// `pawl stuck`: what has waited too long, on what, and who holds it.
import type { Command } from 'commander';
import type { StuckActor, StuckWait } from '@pawl/client';
import { checkType } from '../explained-error.ts';
import { print, type Invoke } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { withOperator } from '../operator-session.ts';
import { stateText } from '../show/state-text.ts';
import { renderTable, type Column, type TableTarget } from '../show/table.ts';
import { timeText } from '../show/time-text.ts';

interface Flags {
  readonly type?: string;
  readonly older?: number;
}

/** Adds the command. */
export const addStuckCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('stuck')
    .description('list what has waited longer than a time: on what, and who holds it')
    .option('--older <time>', 'longer than 10m (default), 2h, 3d', duration('--older'))
    .option('--type <type>', 'actors of this type (default: all)')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl stuck
  $ pawl stuck --older 1h --type volume
  $ pawl stuck --json | jq -r '.[].id'`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal } = invocation;
      await withOperator(invocation, undefined, async ({ operator, ports }) => {
        if (flags.type !== undefined) await checkType(flags.type, ports);
        const options = {
          ...(flags.type !== undefined && { type: flags.type }),
          ...(flags.older !== undefined && { olderMs: flags.older }),
        };
        const found: StuckActor[] = [];
        for await (const actor of operator.stuck(options)) found.push(actor);
        print(invocation, found, () =>
          found.length === 0 && terminal.isPretty
            ? terminal.colors.dim('nothing has waited so long')
            : renderStuck(found, terminal, terminal.now()),
        );
      });
    });
};

interface Row extends StuckWait {
  readonly actor: StuckActor;
}

const renderStuck = (found: readonly StuckActor[], target: TableTarget, now: number): string => {
  const time = (at: number): string => timeText(at, now, target.isPretty);
  const columns: readonly Column<Row>[] = [
    { title: 'type', text: ({ actor }) => actor.type },
    { title: 'id', text: ({ actor }) => actor.id, color: (_row, colors) => colors.bold },
    { title: 'state', text: ({ actor }) => stateText(actor.value) },
    { title: 'since', text: ({ since }) => time(since) },
    { title: 'until', text: ({ until }) => (until === undefined ? '' : time(until)) },
    {
      title: 'held by',
      text: ({ heldBy }) => heldBy,
      color: ({ what }, colors) =>
        what === 'fault' || what === 'parked' ? colors.red : (text) => text,
    },
    { title: 'waits for', text: ({ text }) => text },
  ];
  const rows = found.flatMap((actor) => actor.waits.map((wait): Row => ({ ...wait, actor })));
  return renderTable(rows, columns, target);
};

// `pawl retire`: gives a type back that no host serves any more.
import type { Command } from 'commander';
import { openInspector } from '@pawl/jetstream';
import { activeText, retiringOf, type Retiring } from '../../installation/retiring.ts';
import { checkType } from '../explained-error.ts';
import { print, type Invoke } from '../invocation.ts';
import { confirm } from '../order/run-orders.ts';
import { withSession } from '../session.ts';

interface Flags {
  readonly force?: true;
  readonly yes?: true;
}

/** Adds the command. */
export const addRetireCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('retire')
    .description('give a type back that no host serves: its machines and its owner are forgotten')
    .argument('<type>', 'actor type')
    .option('--force', 'also when actors of it have not ended')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
The journal keeps what happened. Entries of the type wait until a host of any service registers it
again.

Examples:
  $ pawl retire volume
  $ pawl retire volume --force --yes`,
    )
    .action(async (type: string, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { prefix } = invocation.options;
      await withSession(invocation, async ({ connection, ports }) => {
        await checkType(type, ports);
        const inspector = openInspector(connection, prefix === undefined ? {} : { prefix });
        try {
          const retiring = await retiringOf(ports, inspector, type, flags.force === true);
          const question = `Give ${type} of ${retiring.service} back${leftText(retiring)}?`;
          if (!(await confirm(invocation, question, flags.yes === true))) {
            print(invocation, null, () => 'nothing done');
            return;
          }
          await ports.registry.retireType(type);
          print(invocation, retiring, () => `${type} belongs to no service${leftText(retiring)}`);
        } finally {
          await inspector.close();
        }
      });
    });
};

const leftText = ({ active }: Retiring): string =>
  active === 0 ? '' : `, with ${activeText(active)}`;

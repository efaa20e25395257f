// What all orders of operators have in common: targets, who and why, the result.
import type { Command } from 'commander';
import type { OperatedActor, OrderOptions, OrderResult } from '@pawl/client';
import { checkType } from '../explained-error.ts';
import { print, type Invocation, type Invoke } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { withOperator } from '../operator-session.ts';
import { renderState } from '../show/state-sheet.ts';
import { UsageError } from '../usage-error.ts';
import { confirm, runOrders } from './run-orders.ts';
import { findTargets, readTarget, type Target, type TargetFlags } from './targets.ts';

/** Flags of every order. */
export interface OrderFlags extends TargetFlags {
  readonly why?: string;
  readonly by?: string;
  readonly yes?: true;
}

/** An order as a command. */
export interface OrderCommand<Flags extends OrderFlags> {
  readonly name: string;
  readonly description: string;
  /** What stands after the actor. Default: nothing. */
  readonly words?: string;
  /** Adds flags of its own. */
  readonly addOptions?: (command: Command) => void;
  readonly examples: string;
  /** Is one actor reason enough to ask? */
  readonly isFinal?: true;
  /** What the command line asks for when it is not about actors. */
  readonly otherwise?: (
    given: readonly string[],
    flags: Flags,
    invocation: Invocation,
  ) => Promise<void> | undefined;
  /** Reads the rest of the command line, once; returns what gives the order to an actor. */
  readonly read: (
    rest: readonly string[],
    flags: Flags,
    invocation: Invocation,
  ) => Promise<(actor: OperatedActor, options: OrderOptions) => Promise<OrderResult>>;
}

const STATUSES = ['active', 'faulted', 'parked'];

const checkStatus = (status: string): string => {
  if (!STATUSES.includes(status))
    throw new UsageError(`--status ${status}: it is one of ${STATUSES.join(', ')}.`);
  return status;
};

/** For orders that nothing may stand after. */
export const refuseRest = (rest: readonly string[], name: string): void => {
  if (rest.length > 0)
    throw new UsageError(`${rest.join(' ')}: pawl ${name} takes nothing after the actor.`);
};

/** Adds an order's command. */
export const addOrderCommand = <Flags extends OrderFlags>(
  program: Command,
  invoke: Invoke,
  order: OrderCommand<Flags>,
): void => {
  const { name, words } = order;
  const command = program
    .command(name)
    .description(order.description)
    .argument('[words...]', `<type> <id>${words ?? ''}; without them, a filter`)
    .option('--type <type>', 'all actors of this type that the filter finds')
    .option('--state <state>', 'in this state')
    .option('--tag <tag>', 'with this tag')
    .option('--status <status>', STATUSES.join(', '), checkStatus)
    .option(
      '--older <time>',
      'in their state for at least so long: 10m, 2h, 3d',
      duration('--older'),
    )
    .option('--why <text>', 'the reason, for the history')
    .option('--by <name>', 'who orders it (default: you)')
    .option('--yes', 'do not ask')
    .addHelpText('after', `\nExamples:\n${order.examples.trim().replace(/^ */gm, '  $ ')}`);
  order.addOptions?.(command);
  command.action(async (given: string[], flags: Flags, parsed: Command) => {
    const invocation = invoke(parsed);
    const otherwise = order.otherwise?.(given, flags, invocation);
    if (otherwise !== undefined) return otherwise;
    const target = readTarget(given, flags, name);
    const give = await order.read(target.rest, flags, invocation);
    const options = flags.why === undefined ? {} : { why: flags.why };
    const isYes = flags.yes === true;
    if (target.kind === 'one' && order.isFinal === true) {
      const question = `${name} ${target.type}/${target.id}?`;
      if (!(await confirm(invocation, question, isYes))) {
        print(invocation, null, () => 'nothing done');
        return;
      }
    }
    await run(invocation, target, order, flags, (actor) => give(actor, options));
  });
};

const run = <Flags extends OrderFlags>(
  invocation: Invocation,
  target: Target,
  { name }: OrderCommand<Flags>,
  flags: Flags,
  give: (actor: OperatedActor) => Promise<OrderResult>,
): Promise<void> =>
  withOperator(invocation, flags.by, async (session) => {
    const { terminal } = invocation;
    const { type } = target;
    await checkType(type, session.ports);
    if (target.kind === 'all') {
      const actors = await findTargets(session, type, flags, terminal.now());
      await runOrders(invocation, session, name, actors, give, flags.yes === true);
      return;
    }
    const { outcome, state } = await give(session.operator.actor(type, target.id));
    if (outcome === 'ignored') terminal.complain('There was nothing to do.');
    print(invocation, state, () => renderState(state, terminal, terminal.now()));
  });

// `pawl retry`, `pause`, `resume` and `unlink`: orders that need nothing but an actor.
import type { Command } from 'commander';
import type { Invoke } from '../invocation.ts';
import { addOrderCommand, refuseRest, type OrderFlags } from '../order/order-command.ts';
import {
  addQueueOptions,
  isAboutQueues,
  runQueueOrder,
  type QueueFlags,
} from '../order/queue-order.ts';

interface RetryFlags extends OrderFlags {
  readonly path?: string;
}

/** Adds the commands. */
export const addOrderCommands = (program: Command, invoke: Invoke): void => {
  addOrderCommand<RetryFlags>(program, invoke, {
    name: 'retry',
    description: 'let a faulted actor go on, and failed commands begin their next attempt now',
    addOptions: (command) =>
      void command.option(
        '--path <path>',
        'only this command, even while it runs; a faulted actor goes on as a whole',
      ),
    examples: `
      pawl retry volume vol-1 --why "the cloud is back"
      pawl retry volume vol-1 --path create
      pawl retry --type volume --status faulted --older 1h --why "quota raised"`,
    read: async (rest, { path }) => {
      refuseRest(rest, 'retry');
      return (actor, options) => actor.retry({ ...options, ...(path !== undefined && { path }) });
    },
  });
  addOrderCommand<OrderFlags & QueueFlags>(program, invoke, {
    name: 'pause',
    description:
      'let the entries of an actor wait in the journal, or the commands of a class or service in ' +
      'their queue; what is out goes on',
    addOptions: (command) => addQueueOptions(command, true),
    otherwise: (given, flags, invocation) =>
      isAboutQueues(given, flags)
        ? runQueueOrder(invocation, flags, (queues, filter) =>
            queues.pause(filter, {
              ...(flags.for !== undefined && { forMs: flags.for }),
              ...(flags.why !== undefined && { why: flags.why }),
            }),
          )
        : undefined,
    examples: `
      pawl pause volume vol-1 --why "maintenance of the pool"
      pawl pause --class background --for 2h --why "the cloud is slow"
      pawl pause --class heavy --service openstack`,
    read: async (rest) => {
      refuseRest(rest, 'pause');
      return (actor, options) => actor.pause(options);
    },
  });
  addOrderCommand<OrderFlags & QueueFlags>(program, invoke, {
    name: 'resume',
    description:
      'fold the entries that wait, of a paused actor or one parked for another reason; or let ' +
      'workers have the commands of a class or service again',
    addOptions: (command) => addQueueOptions(command, false),
    otherwise: (given, flags, invocation) =>
      isAboutQueues(given, flags)
        ? runQueueOrder(invocation, flags, (queues, filter) => queues.resume(filter))
        : undefined,
    examples: `
      pawl resume volume vol-1
      pawl resume --class background
      pawl resume --type volume --status parked --yes`,
    read: async (rest) => {
      refuseRest(rest, 'resume');
      return (actor, options) => actor.resume(options);
    },
  });
  addOrderCommand(program, invoke, {
    name: 'unlink',
    description: 'end an actor at once, without doing anything about what it stands for',
    examples: 'pawl unlink volume vol-1 --why "deleted at the provider by hand"',
    isFinal: true,
    read: async (rest) => {
      refuseRest(rest, 'unlink');
      return (actor, options) => actor.unlink(options);
    },
  });
};

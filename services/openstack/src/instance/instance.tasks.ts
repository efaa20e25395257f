// The tasks behind the instance statechart, over Nova.
import { permanentError, task } from 'pawl';
import type { Task, TaskContext } from 'pawl';
import type { z } from 'zod';
import type { CloudServer } from '../cloud/compute.ts';
import type { ClientsBySettings, OpenStackClient } from '../cloud/open-stack-client.ts';
import { findMade, isOwned, ownerMetadata } from '../ownership.ts';
import { createPollAgain } from '../poll-again.ts';
import type { PollAgain } from '../poll-again.ts';
import {
  createServer,
  deleteServer,
  pullServer,
  waitServer,
  waitServerGone,
} from './instance.contract.ts';

type Target = z.output<(typeof deleteServer)['contract']['input']>;

const DELETING = 'deleting';

/** What there is of the server: by id, and by name what was made for this actor. */
const findTargets = async (
  cloud: OpenStackClient,
  { name, serverId }: Target,
  { actor, signal }: TaskContext,
): Promise<CloudServer[]> => {
  const named = await cloud.findServers(name, signal);
  const found = named.filter((server) => isOwned(server, actor));
  if (serverId === undefined || found.some(({ id }) => id === serverId)) return found;
  const known = await cloud.getServer(serverId, signal);
  return known === undefined ? found : [...found, known];
};

/** Nova's own words on why a server is in ERROR. */
const faultOf = ({ fault }: CloudServer): string =>
  fault === undefined ? 'Nova gives no reason.' : fault.message;

/** The tasks for servers. */
export const instanceTasks = (
  clients: ClientsBySettings,
  pollAgain: PollAgain = createPollAgain(),
): Task[] => [
  task(createServer, async (input, context) => {
    const cloud = clients(input.settings);
    const { signal } = context;
    const { name, flavor, displayName, volumes: volumeIds } = input;
    const made = findMade(await cloud.findServers(name, signal), context);
    if (made !== undefined) return { serverId: made.id };
    const flavorId = await cloud.resolveFlavor(flavor, signal);
    const metadata = ownerMetadata(context, displayName);
    return {
      serverId: await cloud.createServer({ name, flavorId, volumeIds, metadata }, signal),
    };
  }),

  task(waitServer, async ({ settings, serverId }, context) => {
    const server = await clients(settings).getServer(serverId, context.signal);
    if (server === undefined)
      return permanentError('server-gone', `The server ${serverId} is no longer in the cloud.`);
    const { status } = server;
    if (status === 'ACTIVE') return { status };
    if (status === 'BUILD') return pollAgain(context, status);
    if (status === 'ERROR')
      return permanentError('server-error', faultOf(server), {
        details: { status, ...(server.fault !== undefined && { fault: server.fault }) },
      });
    return permanentError(
      'server-status-unexpected',
      `The server ${serverId} went to ${status} instead of ACTIVE.`,
      { details: { status } },
    );
  }),

  task(deleteServer, async (input, context) => {
    const cloud = clients(input.settings);
    for (const { id, taskState } of await findTargets(cloud, input, context))
      if (taskState !== DELETING) await cloud.deleteServer(id, context.signal);
    return {};
  }),

  task(waitServerGone, async (input, context) => {
    const [left] = await findTargets(clients(input.settings), input, context);
    if (left === undefined) return {};
    if (left.status !== 'ERROR' || left.taskState === DELETING)
      return pollAgain(context, left.taskState ?? left.status);
    return permanentError(
      'server-not-deleted',
      `The cloud failed to delete server ${left.id}: ${faultOf(left)}`,
    );
  }),

  task(pullServer, async (input, context) => {
    const found = await findTargets(clients(input.settings), input, context);
    const server = found.find(({ id }) => id === input.serverId) ?? found[0];
    if (server === undefined)
      return permanentError(
        'server-missing',
        `The cloud has no server ${input.serverId ?? input.name} any more: it was deleted there. ` +
          'DELETE ends its actor.',
      );
    return { serverId: server.id, status: server.status };
  }),
];

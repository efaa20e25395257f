// What the instance statechart is made of: its types, commands, actions and guards.
import { actorAddress, journalTime, schemasOf } from 'pawl';
import type { CommandError } from 'pawl';
import { assign, enqueueActions, setup } from 'xstate';
import type { EventFrom } from 'xstate';
import { z } from 'zod';
import type { failure } from '../failure.ts';
import { known } from '../known.ts';
import { provisionEvents, provisionPermit } from '../provisioning.ts';
import {
  isPassedOver,
  isPullFailure,
  pullBegun,
  pullDone,
  pullEvents,
  pullFailed,
} from '../pull.ts';
import { resourceName } from '../resource-name.ts';
import type { volume } from '../volume/volume.machine.ts';
import { volumeNews } from '../volume/volume-data.ts';
import { disk } from './disk.machine.ts';
import { afterNews, diskError, leavingDisks, newDisks } from './disks.ts';
import {
  createServer,
  deleteServer,
  pullServer,
  waitServer,
  waitServerGone,
} from './instance.contract.ts';
import { diskNews, instanceContext, instanceInput } from './instance-data.ts';
import type { InstanceContext, InstanceEmitted } from './instance-data.ts';

const { types, schemas } = schemasOf({
  input: instanceInput,
  context: instanceContext,
  events: {
    DELETE: z.object({}),
    RETRY: z.object({}),
    ...volumeNews,
    ...diskNews,
    'pawl.stop': z.object({}),
    'pawl.late.createServer': z.object({ output: z.object({ serverId: z.string() }) }),
    ...provisionEvents,
    ...pullEvents(pullServer.contract.output),
  },
});

/** The reason why it is erred stays; what is left in the cloud is told besides. */
export const removalFailed = (
  { error }: InstanceContext,
  removalError: z.output<typeof failure> | CommandError,
) => ({ error: error ?? removalError, removalError });

/** The server: its name finds it even when its id never became known. */
export const targetOf = ({ id, settings, serverId }: InstanceContext) => ({
  settings,
  name: resourceName(id),
  serverId,
});

const volumeRef = (id: string) => actorAddress<EventFrom<typeof volume>>('volume', id);

/** The parts of the instance statechart by name. */
export const instanceSetup = setup({
  types: { ...types, emitted: {} as InstanceEmitted, output: {} as { id: string } },
  schemas,
  actors: {
    place: provisionPermit('instance'),
    disk,
    createServer,
    waitServer,
    deleteServer,
    waitServerGone,
    pull: pullServer,
  },
  actions: {
    rememberLeaving: assign({ isLeaving: true }),
    beginAttempt: assign(({ context }) => ({
      attempt: context.attempt + 1,
      disks: [],
      serverId: undefined,
      operation: 'create' as const,
      error: undefined,
      removalError: undefined,
    })),
    createVolumes: enqueueActions(({ context, enqueue }) => {
      const { id, settings, image, name } = context;
      const disks = newDisks(context, context.attempt);
      enqueue.assign({ disks });
      for (const [index, { volume }] of disks.entries()) {
        const sizeGiB = context.volumes[index]?.sizeGiB ?? 1;
        const isBootDisk = index === 0;
        enqueue.spawnChild('disk', {
          id: `disk-${index + 1}`,
          input: {
            id: volume,
            sizeGiB,
            settings,
            owner: { type: 'instance', id },
            ...(name !== undefined && { name: `${name} disk ${index + 1}` }),
            ...(isBootDisk && { image }),
          },
        });
      }
    }),
    beginCleanup: assign({ operation: 'create', removalError: undefined }),
    beginRemoval: assign({ operation: 'delete', isLeaving: false, removalError: undefined }),
    deleteVolumes: enqueueActions(({ context, enqueue }) => {
      const disks = leavingDisks(context.disks);
      enqueue.assign({ disks });
      for (const { volume, status } of disks)
        if (status === 'deleting') enqueue.sendTo(volumeRef(volume), { type: 'DELETE' });
    }),
    // A further attempt has disks of the same ids. Until then they hear of their volumes' ends.
    dropDisks: enqueueActions(({ context, enqueue }) => {
      for (const index of context.disks.keys()) enqueue.stopChild(`disk-${index + 1}`);
    }),
    // Beside the state and not as one: it is ok or erred since it became so, however often pulled.
    pull: enqueueActions(({ context, event, enqueue, system }) => {
      const now = journalTime(system);
      if (isPassedOver(context, event, now)) return;
      enqueue.assign(pullBegun(now));
      enqueue.spawnChild('pull', { id: 'pull', input: targetOf(context) });
    }),
    stopPull: enqueueActions(({ enqueue }) => {
      enqueue.stopChild('pull');
      enqueue.assign({ isPulling: false });
    }),
    keepPulled: assign(({ context, event, system }) => {
      if (event.type !== 'xstate.done.actor.pull') return {};
      const { serverId, status } = event.output;
      return { ...pullDone(context, journalTime(system)), serverId, runtimeState: status };
    }),
    keepPullFailure: assign((step) => pullFailed(step)),
    forgetFailure: assign({ error: undefined }),
    doNothing: assign({}),
    tellOk: enqueueActions(({ context, enqueue }) => {
      const { id, name } = context;
      const serverId = known('serverId', context.serverId);
      enqueue.emit({ type: 'instance.ready', id, name, serverId });
    }),
    tellErred: enqueueActions(({ context: { id, error, removalError }, enqueue }) => {
      if (error !== undefined) enqueue.emit({ type: 'instance.erred', id, error, removalError });
    }),
    tellGone: enqueueActions(({ context: { id }, enqueue }) => {
      enqueue.emit({ type: 'instance.gone', id });
    }),
    keepNews: assign(({ context, event }) =>
      'volume' in event ? { disks: afterNews(context.disks, event) } : {},
    ),
    // A create that was given up on has made a server after all: it is removed as well.
    keepLateServer: assign(({ event }) =>
      event.type === 'pawl.late.createServer' ? { serverId: event.output.serverId } : {},
    ),
    keepDiskError: assign(({ context }) => ({ error: diskError(context.disks) })),
    keepDiskLeft: assign(({ context }) => removalFailed(context, diskError(context.disks))),
  },
  guards: {
    isLeaving: ({ context }) => context.isLeaving,
    isNotPulling: ({ context }) => !context.isPulling,
    isPullFailure: ({ context }) => isPullFailure(context),
    areVolumesOk: ({ context }) => context.disks.every(({ status }) => status === 'ok'),
    isVolumeMissing: ({ context }) =>
      context.disks.some(({ status }) => status !== 'ok' && status !== 'creating'),
    areVolumesGone: ({ context }) => context.disks.every(({ status }) => status === 'gone'),
    isVolumeLeft: ({ context }) =>
      context.disks.some(({ status }) => status !== 'gone' && status !== 'deleting'),
  },
});

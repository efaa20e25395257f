// What the volume statechart is made of: its types, commands, actions and guards.
import { actorAddress, journalTime, schemasOf } from 'pawl';
import type { ActorAddress, CommandError } from 'pawl';
import { assign, enqueueActions, setup } from 'xstate';
import { z } from 'zod';
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
import {
  createVolume,
  deleteVolume,
  pullVolume,
  waitVolume,
  waitVolumeGone,
} from './volume.contract.ts';
import { volumeContext, volumeInput } from './volume-data.ts';
import type { VolumeEmitted, VolumeNews } from './volume-data.ts';

const { types, schemas } = schemasOf({
  input: volumeInput,
  context: volumeContext,
  events: {
    DELETE: z.object({}),
    'pawl.stop': z.object({}),
    'pawl.late.createVolume': z.object({ output: z.object({ backendId: z.string() }) }),
    ...provisionEvents,
    ...pullEvents(pullVolume.contract.output),
  },
});

type VolumeContext = z.output<typeof volumeContext>;

/** The volume to delete: its name finds it even when its id never became known. */
export const targetOf = ({ id, settings, backendId }: VolumeContext) => ({
  settings,
  name: resourceName(id),
  backendId,
});

/** The reason why it is erred stays; what is left in the cloud is told besides. */
export const removalFailed = ({ error }: VolumeContext, removalError: CommandError) => ({
  error: error ?? removalError,
  removalError,
});

const ownerRef = ({ type, id }: ActorAddress) => actorAddress<VolumeNews>(type, id);

/** The parts of the volume statechart by name. */
export const volumeSetup = setup({
  types: {
    ...types,
    emitted: {} as VolumeEmitted,
    output: {} as { id: string },
    children: {} as { pull: 'pull' },
  },
  schemas,
  actors: {
    place: provisionPermit('volume'),
    createVolume,
    waitVolume,
    deleteVolume,
    waitVolumeGone,
    pull: pullVolume,
  },
  actions: {
    rememberLeaving: assign({ isLeaving: true }),
    beginCleanup: assign({ operation: 'create', removalError: undefined }),
    beginRemoval: assign({ operation: 'delete', isLeaving: false, removalError: undefined }),
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
      const { backendId, sizeGiB, status } = event.output;
      return {
        ...pullDone(context, journalTime(system)),
        backendId,
        sizeGiB,
        runtimeState: status,
      };
    }),
    keepPullFailure: assign((step) => pullFailed(step)),
    forgetFailure: assign({ error: undefined }),
    doNothing: assign({}),
    tellOk: enqueueActions(({ context, enqueue }) => {
      const { id, name, owner } = context;
      const backendId = known('backendId', context.backendId);
      enqueue.emit({ type: 'volume.ready', id, name, backendId });
      if (owner === undefined) return;
      enqueue.sendTo(ownerRef(owner), { type: 'VOLUME_OK', volume: id, backendId });
    }),
    tellErred: enqueueActions(({ context: { id, owner, operation, ...context }, enqueue }) => {
      const lastError = operation === 'delete' ? context.removalError : context.error;
      const error = lastError ?? { code: 'unknown', message: 'No error was kept.' };
      enqueue.emit({ type: 'volume.erred', id, error });
      if (owner === undefined) return;
      enqueue.sendTo(ownerRef(owner), { type: 'VOLUME_ERRED', volume: id, operation, error });
    }),
    tellGone: enqueueActions(({ context: { id, owner }, enqueue }) => {
      enqueue.emit({ type: 'volume.gone', id });
      if (owner === undefined) return;
      enqueue.sendTo(ownerRef(owner), { type: 'VOLUME_GONE', volume: id });
    }),
  },
  guards: {
    isLeaving: ({ context }) => context.isLeaving,
    isNotPulling: ({ context }) => !context.isPulling,
    isPullFailure: ({ context }) => isPullFailure(context),
  },
});

// The tasks behind the volume statechart, over Cinder.
import { permanentError, task } from 'pawl';
import type { Task, TaskContext } from 'pawl';
import type { z } from 'zod';
import type { CloudVolume } from '../cloud/block-storage.ts';
import type { ClientsBySettings, OpenStackClient } from '../cloud/open-stack-client.ts';
import { findMade, isOwned, ownerMetadata } from '../ownership.ts';
import { createPollAgain } from '../poll-again.ts';
import type { PollAgain } from '../poll-again.ts';
import {
  createVolume,
  deleteVolume,
  pullVolume,
  waitVolume,
  waitVolumeGone,
} from './volume.contract.ts';

type Target = z.output<(typeof deleteVolume)['contract']['input']>;

/** Statuses on the way to `available`. */
const COMING: ReadonlySet<string> = new Set(['creating', 'downloading']);

/** Statuses that pass and in which Cinder refuses a deletion. */
const HELD: ReadonlySet<string> = new Set(
  'creating downloading in-use reserved attaching detaching uploading backing-up'.split(' '),
);

/** What there is of the volume: by id, and by name what was made for this actor. */
const findTargets = async (
  cloud: OpenStackClient,
  { name, backendId }: Target,
  { actor, signal }: TaskContext,
): Promise<CloudVolume[]> => {
  const named = await cloud.findVolumes(name, signal);
  const found = named.filter((volume) => isOwned(volume, actor));
  if (backendId === undefined || found.some(({ id }) => id === backendId)) return found;
  const known = await cloud.getVolume(backendId, signal);
  return known === undefined ? found : [...found, known];
};

const remove = async (
  cloud: OpenStackClient,
  { id, status }: CloudVolume,
  signal: AbortSignal,
): Promise<void> => {
  if (status === 'deleting') return;
  if (status === 'error_deleting') await cloud.forceDeleteVolume(id, signal);
  else await cloud.deleteVolume(id, signal);
};

/**
 * A create that something on the way sent twice, or that a slow run sent late, has made a volume
 * more: nothing refers to it, so it goes. Returns the status of one that cannot be deleted yet.
 */
const removeSurplus = async (
  cloud: OpenStackClient,
  kept: CloudVolume,
  { actor, signal }: TaskContext,
): Promise<string | undefined> => {
  const named = await cloud.findVolumes(kept.name, signal);
  const surplus = named.filter((volume) => volume.id !== kept.id && isOwned(volume, actor));
  for (const volume of surplus) if (!HELD.has(volume.status)) await remove(cloud, volume, signal);
  return surplus.find(({ status }) => HELD.has(status))?.status;
};

/** The tasks for volumes. */
export const volumeTasks = (
  clients: ClientsBySettings,
  pollAgain: PollAgain = createPollAgain(),
): Task[] => [
  task(createVolume, async (input, context) => {
    const cloud = clients(input.settings);
    const { signal } = context;
    const { name, sizeGiB, image, displayName } = input;
    const made = findMade(await cloud.findVolumes(name, signal), context);
    if (made !== undefined) return { backendId: made.id };
    const imageId = image === undefined ? undefined : await cloud.resolveImage(image, signal);
    const metadata = ownerMetadata(context, displayName);
    const volume = await cloud.createVolume({ name, sizeGiB, imageId, metadata }, signal);
    return { backendId: volume.id };
  }),

  task(waitVolume, async ({ settings, backendId }, context) => {
    const cloud = clients(settings);
    const volume = await cloud.getVolume(backendId, context.signal);
    if (volume === undefined)
      return permanentError('volume-gone', `The volume ${backendId} is no longer in the cloud.`);
    const { status } = volume;
    if (status === 'available') {
      const held = await removeSurplus(cloud, volume, context);
      return held === undefined ? { status } : pollAgain(context, held);
    }
    if (COMING.has(status)) return pollAgain(context, status);
    return permanentError(
      status === 'error' ? 'volume-error' : 'volume-status-unexpected',
      `The volume ${backendId} went to ${status} instead of available.`,
      { details: { status } },
    );
  }),

  task(deleteVolume, async (input, context) => {
    const cloud = clients(input.settings);
    const volumes = await findTargets(cloud, input, context);
    const held = volumes.find(({ status }) => HELD.has(status));
    const free = volumes.filter(({ status }) => !HELD.has(status));
    for (const volume of free) await remove(cloud, volume, context.signal);
    return held === undefined ? {} : pollAgain(context, held.status);
  }),

  task(waitVolumeGone, async (input, context) => {
    const [left] = await findTargets(clients(input.settings), input, context);
    if (left === undefined) return {};
    if (left.status !== 'error_deleting') return pollAgain(context, left.status);
    return permanentError('volume-not-deleted', `The cloud failed to delete volume ${left.id}.`);
  }),

  task(pullVolume, async (input, context) => {
    const found = await findTargets(clients(input.settings), input, context);
    const volume = found.find(({ id }) => id === input.backendId) ?? found[0];
    if (volume === undefined)
      return permanentError(
        'volume-missing',
        `The cloud has no volume ${input.backendId ?? input.name} any more: it was deleted there. ` +
          'DELETE ends its actor.',
      );
    const { id: backendId, status, sizeGiB } = volume;
    return { backendId, status, sizeGiB };
  }),
];

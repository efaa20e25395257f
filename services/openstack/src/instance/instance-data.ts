// What the instance statechart takes, keeps and tells.
import type { EventsOf } from 'pawl';
import { z } from 'zod';
import { failure } from '../failure.ts';
import { settingsName } from '../provisioning.ts';
import { pullContext } from '../pull.ts';
import { actorId } from '../volume/volume-data.ts';

/** Create input of an instance. */
export const instanceInput = z.object({
  /** The actor's own id: names in the cloud and ids of the volumes follow from it. */
  id: actorId,
  /** What people call it. */
  name: z.string().optional(),
  /** Name or id. */
  flavor: z.string(),
  /** Name or id of the image that the first volume starts from. */
  image: z.string(),
  /** The disks. The server boots from the first. */
  volumes: z.array(z.object({ sizeGiB: z.int().positive() })).min(1),
  /** Which settings the worker is to use. Default `default`. */
  settings: settingsName.optional(),
});

/** One disk as the instance sees it. */
export const diskState = z.object({
  /** Id of the volume's actor. */
  volume: z.string(),
  /** `lost`: the volume's actor cannot go on, or never was ours. */
  status: z.enum(['creating', 'ok', 'erred', 'lost', 'deleting', 'gone']),
  backendId: z.string().optional(),
  error: failure.optional(),
});

/** State of an instance besides the state of its chart. */
export const instanceContext = instanceInput.extend({
  settings: settingsName,
  /** 1 for the first. Each has volumes of its own, for an ended actor does not come back. */
  attempt: z.number(),
  disks: z.array(diskState),
  serverId: z.string().optional(),
  /** What it was doing last: tells which one failed. */
  operation: z.enum(['create', 'delete', 'pull']),
  ...pullContext,
  /** Why it is erred. */
  error: failure.optional(),
  /** Why something of it may still be in the cloud. */
  removalError: failure.optional(),
  /** It was told to go while it could not: it goes as soon as it has settled. */
  isLeaving: z.boolean(),
});

/** What a disk tells its instance when the volume's actor cannot tell any more. */
export const diskNews = {
  VOLUME_LOST: z.object({ volume: z.string(), error: failure }),
};

/** The same as an event. */
export type DiskNews = EventsOf<typeof diskNews>;

/** State of one disk. */
export type DiskState = z.output<typeof diskState>;

/** Context of an instance. */
export type InstanceContext = z.output<typeof instanceContext>;

/** What an instance emits for the rest of the world. */
export type InstanceEmitted =
  | { type: 'instance.ready'; id: string; name?: string | undefined; serverId: string }
  | {
      type: 'instance.erred';
      id: string;
      error: z.infer<typeof failure>;
      /** Something may be left in the cloud. */
      removalError?: z.infer<typeof failure> | undefined;
    }
  | { type: 'instance.gone'; id: string };

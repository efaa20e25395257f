// What the volume statechart takes, keeps and tells.
import type { EventsOf } from 'pawl';
import { z } from 'zod';
import { failure } from '../failure.ts';
import { settingsName } from '../provisioning.ts';
import { pullContext } from '../pull.ts';

/** An actor id: the part of it that we append to stays within the limit of 128. */
export const actorId = z.string().regex(/^[A-Za-z0-9_-]{1,110}$/);

/** An actor elsewhere. */
export const address = z.object({ type: z.string(), id: z.string() });

/** Create input of a volume. */
export const volumeInput = z.object({
  /** The actor's own id: the name in the cloud follows from it. */
  id: actorId,
  /** What people call it. */
  name: z.string().optional(),
  sizeGiB: z.int().positive(),
  /** Name or id of an image that the volume starts from. */
  image: z.string().optional(),
  /** Which settings the worker is to use. Default `default`. */
  settings: settingsName.optional(),
  /** Who is told when the volume is ok, erred or gone. */
  owner: address.optional(),
});

/** State of a volume besides the state of its chart. */
export const volumeContext = volumeInput.extend({
  settings: settingsName,
  /** What it was doing last: tells which one failed. */
  operation: z.enum(['create', 'delete', 'pull']),
  backendId: z.string().optional(),
  /** Why it is erred. */
  error: failure.optional(),
  /** Why something of it may still be in the cloud. */
  removalError: failure.optional(),
  ...pullContext,
  /** It was told to go while it could not: it goes as soon as it has settled. */
  isLeaving: z.boolean(),
});

/** What a volume tells its owner, as events of the owner. */
export const volumeNews = {
  VOLUME_OK: z.object({ volume: z.string(), backendId: z.string() }),
  VOLUME_ERRED: z.object({
    volume: z.string(),
    operation: z.enum(['create', 'delete', 'pull']),
    error: failure,
  }),
  VOLUME_GONE: z.object({ volume: z.string() }),
};

/** The same as events. */
export type VolumeNews = EventsOf<typeof volumeNews>;

/** What a volume emits for the rest of the world. */
export type VolumeEmitted =
  | { type: 'volume.ready'; id: string; name?: string | undefined; backendId: string }
  | { type: 'volume.erred'; id: string; error: z.infer<typeof failure> }
  | { type: 'volume.gone'; id: string };

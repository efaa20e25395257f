// What the volume statechart asks of workers. Short calls and polls of no class of their own: they
// are of that of the operation, so a pull is background when a schedule asks for it.
import { command } from 'pawl';
import { z } from 'zod';

const MINUTE_MS = 60_000;

/** A call takes seconds; the backoffs sum up to six minutes, which outlasts most outages. */
const CALL = {
  retry: { attemptsMax: 12, backoffMs: 1_000, factor: 2, backoffMaxMs: MINUTE_MS },
  timeoutMs: MINUTE_MS,
} as const;

const POLL = { everyMs: 1_000 } as const;

/** Which volume: by its id where it is known, and always by its name. */
const volumeTarget = z.object({
  /** A reference: the worker resolves it. Credentials never travel. */
  settings: z.string(),
  name: z.string(),
  backendId: z.string().optional(),
});

/** A failed pull is followed by the next tick; these are for a hiccup of the network. */
const PULL = {
  retry: { attemptsMax: 3, backoffMs: 5_000, factor: 3, backoffMaxMs: MINUTE_MS },
  timeoutMs: MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
} as const;

/** Creates a volume, or finds what an earlier run of the command has made. */
export const createVolume = command({
  ...CALL,
  name: 'create-volume',
  service: 'openstack',
  input: z.object({
    settings: z.string(),
    /** Follows from the actor's id: a repeat looks it up. */
    name: z.string(),
    displayName: z.string().optional(),
    sizeGiB: z.int().positive(),
    /** Name or id of an image, for a disk that a server boots from. */
    image: z.string().optional(),
  }),
  output: z.object({ backendId: z.string() }),
  deadlineMs: 30 * MINUTE_MS,
});

/** Waits until the volume is `available`; `error` and statuses that nobody expects are failures. */
export const waitVolume = command({
  ...CALL,
  name: 'wait-volume',
  service: 'openstack',
  input: z.object({ settings: z.string(), backendId: z.string() }),
  output: z.object({ status: z.string() }),
  poll: POLL,
  deadlineMs: 30 * MINUTE_MS,
});

/** Deletes the volume as soon as the cloud takes it. Nothing to delete is a success. */
export const deleteVolume = command({
  ...CALL,
  name: 'delete-volume',
  service: 'openstack',
  input: volumeTarget,
  output: z.object({}),
  poll: POLL,
  deadlineMs: 30 * MINUTE_MS,
});

/** Waits until nothing of the volume is left. */
export const waitVolumeGone = command({
  ...CALL,
  name: 'wait-volume-gone',
  service: 'openstack',
  input: volumeTarget,
  output: z.object({}),
  poll: POLL,
  deadlineMs: 30 * MINUTE_MS,
});

/** Looks how the volume is. One that the cloud does not have is a failure, `volume-missing`. */
export const pullVolume = command({
  ...PULL,
  name: 'pull-volume',
  service: 'openstack',
  input: volumeTarget,
  output: z.object({ backendId: z.string(), status: z.string(), sizeGiB: z.number() }),
});

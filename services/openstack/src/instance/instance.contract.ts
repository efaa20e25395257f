// What the instance statechart asks of workers.
// Booting is heavy: Nova picks a host, reserves volumes and plugs ports in one call, and a burst of
// boots is what a cloud has to be kept from; the few slots of the heavy class bound it. Polls,
// deletions and pulls are short and many, and must never stand behind boots: they have no class of
// their own, so they are regular when a user asks, and background when a schedule does.
import { command } from 'pawl';
import { z } from 'zod';

const MINUTE_MS = 60_000;

/** A call takes seconds; the backoffs sum up to six minutes, which outlasts most outages. */
const CALL = {
  retry: { attemptsMax: 12, backoffMs: 1_000, factor: 2, backoffMaxMs: MINUTE_MS },
  timeoutMs: MINUTE_MS,
} as const;

const POLL = { everyMs: 1_000 } as const;

/** A failed pull is followed by the next tick; these are for a hiccup of the network. */
const PULL = {
  retry: { attemptsMax: 3, backoffMs: 5_000, factor: 3, backoffMaxMs: MINUTE_MS },
  timeoutMs: MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
} as const;

/** Which server: by its id where it is known, and always by its name. */
const serverTarget = z.object({
  /** A reference: the worker resolves it. Credentials never travel. */
  settings: z.string(),
  name: z.string(),
  serverId: z.string().optional(),
});

/** Boots a server from volumes that exist, or finds what an earlier run of the command has made. */
export const createServer = command({
  ...CALL,
  name: 'create-server',
  service: 'openstack',
  queue: 'heavy',
  input: z.object({
    settings: z.string(),
    /** Follows from the actor's id: a repeat looks it up. */
    name: z.string(),
    displayName: z.string().optional(),
    /** Name or id. */
    flavor: z.string(),
    /** Ids of the volumes, the one to boot from first. */
    volumes: z.array(z.string()).min(1),
  }),
  output: z.object({ serverId: z.string() }),
  deadlineMs: 60 * MINUTE_MS,
});

/** Waits until the server is `ACTIVE`; `ERROR` and statuses that nobody expects are failures. */
export const waitServer = command({
  ...CALL,
  name: 'wait-server',
  service: 'openstack',
  input: z.object({ settings: z.string(), serverId: z.string() }),
  output: z.object({ status: z.string() }),
  poll: POLL,
  deadlineMs: 30 * MINUTE_MS,
});

/** Asks the cloud to delete the server. Nothing to delete is a success. */
export const deleteServer = command({
  ...CALL,
  name: 'delete-server',
  service: 'openstack',
  input: serverTarget,
  output: z.object({}),
  deadlineMs: 30 * MINUTE_MS,
});

/** Waits until nothing of the server is left. */
export const waitServerGone = command({
  ...CALL,
  name: 'wait-server-gone',
  service: 'openstack',
  input: serverTarget,
  output: z.object({}),
  poll: POLL,
  deadlineMs: 30 * MINUTE_MS,
});

/** Looks how the server is. One that the cloud does not have is a failure, `server-missing`. */
export const pullServer = command({
  ...PULL,
  name: 'pull-server',
  service: 'openstack',
  input: serverTarget,
  output: z.object({ serverId: z.string(), status: z.string() }),
});

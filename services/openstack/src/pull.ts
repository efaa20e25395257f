// Pulling: looking at the cloud, to see what became of a resource without us.
import { commandError, journalTime } from 'pawl';
import { z } from 'zod';
import { failure } from './failure.ts';

/** What a context keeps of pulls. Times in ms since 1970. */
export const pullContext = {
  /** A pull is under way: there is never a second one at once. */
  isPulling: z.boolean(),
  /** When the pull began that is under way, or was last. */
  pullStartedAt: z.int().optional(),
  /** The last one that has ended by itself. */
  lastPull: z
    .object({
      endedAt: z.int(),
      /** Attempts and waits between them included. */
      durationMs: z.int(),
      outcome: z.enum(['ok', 'erred']),
      error: failure.optional(),
    })
    .optional(),
  /** Failed ones in a row. */
  pullFailures: z.int(),
  /** The cloud's own word for how the resource is: `available`, `ACTIVE`, … */
  runtimeState: z.string().optional(),
};

/** Before the first pull. */
export const neverPulled = { isPulling: false, pullFailures: 0 } as const;

/** Events of the pull that an actor has spawned. Only the runtime sends them. */
export const pullEvents = <Shape extends z.ZodRawShape>(output: z.ZodObject<Shape>) => ({
  PULL: z.object({
    /** It comes again by itself: after failed pulls it is passed over for a while. */
    periodic: z.boolean().optional(),
  }),
  'xstate.done.actor.pull': z.object({ output }),
  'xstate.error.actor.pull': z.object({ error: z.unknown() }),
  'pawl.late.pull': z.object({}),
});

/** The parts of a context that pulls read and change. */
export type Pulled = z.output<z.ZodObject<typeof pullContext>> & {
  readonly operation: string;
  readonly error?: z.output<typeof failure> | undefined;
};

const BACKOFF_FIRST_MS = 60_000;
const BACKOFF_MAX_MS = 3_600_000;

/** Until when periodic pulls are passed over: twice as long with each failure in a row. */
const backoffUntil = ({ pullFailures, lastPull }: Pulled): number =>
  pullFailures === 0 || lastPull === undefined
    ? 0
    : lastPull.endedAt + Math.min(BACKOFF_FIRST_MS * 2 ** (pullFailures - 1), BACKOFF_MAX_MS);

/** Is this one of a schedule's, and did the last ones fail? `now` is the journal's time. */
export const isPassedOver = (
  context: Pulled,
  event: { readonly type: string; readonly periodic?: boolean | undefined },
  now: number,
): boolean => event.periodic === true && now < backoffUntil(context);

/** The context of an actor whose pull begins. */
export const pullBegun = (now: number) => ({ isPulling: true, pullStartedAt: now });

const ended = ({ pullStartedAt }: Pulled, now: number) => ({
  endedAt: now,
  durationMs: now - (pullStartedAt ?? now),
});

/** The context of an actor whose pull has worked: the next one is due at the next tick. */
export const pullDone = (context: Pulled, now: number) => ({
  isPulling: false,
  pullFailures: 0,
  lastPull: { ...ended(context, now), outcome: 'ok' as const },
});

/** A pull heals an actor that a pull has made erred; no other failure is undone by one. */
export const isPullFailure = ({ operation, error }: Pulled): boolean =>
  operation === 'pull' && error !== undefined;

/** What `assign` hands to an action, as far as pulls look at it. */
interface PullStep {
  readonly context: Pulled;
  readonly event: { readonly type: string; readonly error?: unknown };
  readonly system: unknown;
}

/** The context of an actor whose pull has failed: another failure, which came first, stays. */
export const pullFailed = ({ context, event, system }: PullStep) => {
  if (event.type !== 'xstate.error.actor.pull') return {};
  const error = commandError(event);
  const own = {
    isPulling: false,
    pullFailures: context.pullFailures + 1,
    lastPull: { ...ended(context, journalTime(system)), outcome: 'erred' as const, error },
  };
  return context.error !== undefined && !isPullFailure(context)
    ? own
    : { ...own, operation: 'pull' as const, error };
};

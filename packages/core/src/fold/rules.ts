// The decisions of the fold that keep late repeats harmless. Tests plant defects here.
import type { PendingCommand, PendingPermit, PendingTimer } from '../actor-state.ts';
import { fnv1a } from '../hash.ts';
import type { PeerMark } from '../entry.ts';
import type { FoldedContract } from './contract.ts';
import type { LimitChange } from '../limit/limit-change.ts';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import { hydrate } from './running-actor.ts';

/** Small pure decisions, each with one reason. */
export interface FoldRules {
  /** A timer fires once, and only the one that is armed. */
  isCurrentTimer(timer: PendingTimer | undefined, generation: string): timer is PendingTimer;
  /** Timers to fire before this one: the broker fires overdue ones in arming order. */
  overdueBefore(
    timers: Readonly<Record<string, PendingTimer>>,
    fired: PendingTimer,
  ): PendingTimer[];
  /** A delayed event is for the machine that ran when it was sent. */
  reachesTarget(timer: PendingTimer, incarnations: Readonly<Record<string, string>>): boolean;
  /** Keys of the timers that a machine armed under an id: `cancel(id)` disarms all of them. */
  timersOf(timers: Readonly<Record<string, PendingTimer>>, base: string): string[];
  /** Does an ended actor take this timer, command or incarnation with it? */
  endsWith(key: string, endedPath: string): boolean;
  /** Which attempt a reply is about. */
  attemptOf(command: PendingCommand, generation: string): 'current' | 'earlier' | 'unknown';
  /** Is this peer event newer than the last one of its sender? */
  isNewer(last: PeerMark | undefined, mark: PeerMark): boolean;
  /** Wait before the attempt after `attempt`, ms. */
  backoffMs(contract: FoldedContract, attempt: number, id: string): number;
  /** Hands an event to an actor inside. */
  deliver(target: RunningRef, event: MachineEvent): void;
  /** What a word of a limit about a permit means to whoever asked for it, or asks no more. */
  permitVerdict(
    permit: PendingPermit | undefined,
    generation: string,
    scope: string,
  ): 'awaited' | 'repeated' | 'unwanted';
  /** A limit grants to those who wait. */
  grant(change: LimitChange): void;
  /** Restores the running form of a state. */
  hydrate: typeof hydrate;
}

const BACKOFF_MIN_MS = 250;

/** The rules as they are meant. */
export const standardRules: FoldRules = {
  isCurrentTimer: (timer, generation): timer is PendingTimer => timer?.generation === generation,
  overdueBefore: (timers, fired) =>
    Object.values(timers)
      .filter(({ dueAt, key }) => dueAt < fired.dueAt && key !== fired.key)
      .sort((one, other) => one.dueAt - other.dueAt),
  reachesTarget: ({ to, toGeneration }, incarnations) =>
    toGeneration === undefined || incarnations[to ?? ''] === toGeneration,
  timersOf: (timers, base) =>
    Object.values(timers)
      .filter(({ key, generation }) => key === base || key === `${base}~${generation}`)
      .map(({ key }) => key),
  endsWith: (key, endedPath) => key.startsWith(`${endedPath}#`) || key.startsWith(`${endedPath}/`),
  attemptOf: ({ generation, firstGeneration, between = [] }, asked) => {
    if (asked === generation) return 'current';
    return asked === firstGeneration || between.includes(asked) ? 'earlier' : 'unknown';
  },
  isNewer: (last, { sequence, n }) =>
    last === undefined || sequence > last.sequence || (sequence === last.sequence && n > last.n),
  backoffMs: ({ retry }, attempt, id) => {
    const wait = Math.min(retry.backoffMs * retry.factor ** (attempt - 1), retry.backoffMaxMs);
    // The same jitter for every host: derived from the id of the attempt that failed.
    const spread = 0.8 + (0.4 * fnv1a(id)) / 0x1_0000_0000;
    return Math.max(BACKOFF_MIN_MS, Math.round(wait * spread));
  },
  deliver: (target, event) => target._send(event),
  permitVerdict: (permit, generation, scope) => {
    const index = permit?.generation === generation ? permit.scopes.indexOf(scope) : -1;
    if (permit === undefined || index < 0 || index > permit.held) return 'unwanted';
    return index === permit.held ? 'awaited' : 'repeated';
  },
  grant: (change) => change.grantFree(),
  hydrate,
};

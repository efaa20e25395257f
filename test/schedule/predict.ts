// What a schedule that ticks each second has to do with what its journal says has happened: told
// once more, in the words of the guide and without the code of the schedule.
import type { Entry, Overlap } from '@pawl/core';

/** What came of the ticks, as nominal times, ms since 1970. */
export interface Predicted {
  /** In the order in which they began. */
  readonly runs: readonly number[];
  readonly skipped: readonly number[];
  readonly missed: readonly number[];
}

/** Which of the times that have come at once are run: the latest, or all that are not older. */
export type Window = 'latest' | number;

const SECOND = 1000;
/** The latest tick is on time within this, whatever the window. */
const ON_TIME_MS = 10_000;

/** The whole seconds after one time, up to another. */
const secondsIn = (after: number, upTo: number): number[] => {
  const first = Math.floor(after / SECOND) + 1;
  const count = Math.max(0, Math.floor(upTo / SECOND) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * SECOND);
};

const isWanted = (tick: number, isLatest: boolean, now: number, window: Window): boolean => {
  if (window === 'latest') return isLatest;
  return now - tick <= (isLatest ? Math.max(window, ON_TIME_MS) : window);
};

/** The slot of a run that has ended, if the entry says so. */
const endedSlot = ({ kind, body }: Entry): string | undefined => {
  if (kind !== 'peer') return undefined;
  const { type, path } = body['event'] as { readonly type: string; readonly path?: string };
  return /^pawl\.child-(done|failed)$/.test(type) ? path?.split('/')[0] : undefined;
};

/** Reads the entries of a schedule, from its create to its pause. */
export const predict = (
  entries: readonly Entry[],
  overlap: Overlap,
  window: Window,
): Predicted & { readonly longestGapMs: number } => {
  const runs: number[] = [];
  const skipped: number[] = [];
  const missed: number[] = [];
  const running = new Map<string, number>();
  let buffered: number | undefined;
  let accountedTo = Number.POSITIVE_INFINITY;
  let longestGapMs = 0;

  const start = (tick: number): void => {
    let slot = 0;
    while (running.has(`run-${slot}`)) slot += 1;
    running.set(`run-${slot}`, tick);
    runs.push(tick);
  };
  const offer = (tick: number): void => {
    if (running.size === 0 || overlap === 'allow') start(tick);
    else if (overlap === 'skip') skipped.push(tick);
    else if (buffered === undefined) buffered = tick;
    else if (overlap === 'buffer-one') skipped.push(tick);
    else {
      skipped.push(buffered);
      buffered = tick;
    }
  };
  const look = (now: number): void => {
    const ticks = secondsIn(accountedTo, now);
    if (accountedTo < now) longestGapMs = Math.max(longestGapMs, now - accountedTo);
    accountedTo = Math.max(accountedTo, now);
    for (const tick of ticks)
      if (isWanted(tick, tick === ticks.at(-1), now, window)) offer(tick);
      else missed.push(tick);
  };
  for (const entry of entries) {
    const slot = endedSlot(entry);
    if (entry.kind === 'create') accountedTo = entry.time;
    else if (entry.kind === 'timer' || entry.kind === 'reply') look(entry.time);
    else if (slot !== undefined) {
      running.delete(slot);
      if (running.size > 0 || buffered === undefined) continue;
      start(buffered);
      buffered = undefined;
    } else if (entry.body['type'] === 'PAUSE') {
      if (buffered !== undefined) skipped.push(buffered);
      buffered = undefined;
      accountedTo = Number.POSITIVE_INFINITY;
    }
  }
  return { runs, skipped, missed, longestGapMs };
};

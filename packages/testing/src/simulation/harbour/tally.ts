// What happened in a world of the harbour: nothing of it may be missing in many worlds.
import type { Evidence } from '../evidence.ts';
import { grantedIn, limitStepsOf } from '../invariants/limits.ts';
import { begunIn, scheduleStepsOf } from '../invariants/schedules.ts';
import type { Tally } from '../promises.ts';

type Add = (name: string, by?: number) => void;

const countLimits = ({ lives }: Evidence, add: Add): void => {
  for (const life of lives.values())
    for (const step of limitStepsOf(life)) {
      const { before, after, from } = step;
      for (const { place, sequence } of grantedIn(step))
        add(place === sequence ? 'permit granted' : "permit within a parent's");
      if (after.waiting.size > before.waiting.size) add('permit waited for');
      if (after.capacity > before.capacity) add('capacity raised');
      if (after.capacity < before.capacity) add('capacity lowered');
      if (after.capacity < after.places.size) add('more held than a lowered capacity');
      if (from.entry?.body['type'] !== 'release-permit') continue;
      add(from.entry.body['why'] === 'audit' ? 'permit released by an audit' : 'permit taken back');
    }
};

const countHolders = ({ lives }: Evidence, add: Add): void => {
  for (const { key, replayed } of lives.values()) {
    if (!key.startsWith('ship/')) continue;
    for (const { entry, before, step } of replayed) {
      const permits = Object.values(before?.pending.permits ?? {});
      const holds = permits.some(({ held }) => held > 0);
      if (permits.some(({ scopes, held }) => scopes.length > 1 && held === 1))
        add('permit of two, one held');
      const { state, outcome } = step;
      if (!holds || outcome.kind === 'ignored') continue;
      if (state?.status === 'faulted' && before?.status !== 'faulted') add('holder faulted');
      if (state?.status === 'done') add('holder ended');
      if (entry?.body['type'] === 'unlink') add('holder unlinked');
      if (entry?.body['type'] === 'fold-again' && outcome.kind === 'applied')
        add('holder folded again');
    }
  }
};

const countSchedules = (evidence: Evidence, add: Add): void => {
  for (const step of scheduleStepsOf(evidence)) {
    const { schedule, before, after, from } = step;
    const { overlap } = schedule.definition;
    add('tick missed', after.counts.missed - before.counts.missed);
    for (const { reason } of begunIn(step)) add(`run begun: ${reason}`);
    if (begunIn(step).length > 0) add(`run begun under ${overlap}`);
    if (after.counts.ok > before.counts.ok) add('run ok');
    if (after.counts.erred > before.counts.erred) add('run erred');
    const isStopped = Object.values(after.running).some(({ stopping }) => stopping === true);
    if (isStopped) add('run told to stop');
    if (Object.keys(after.running).length > 1) add('runs side by side');
    if (after.buffered !== null && before.buffered === null) add('run buffered');
    const note = after.notes.at(-1);
    if (note !== before.notes.at(-1) && note?.what === 'skipped') add(`skipped: ${note.reason}`);
    if (from.entry?.body['task'] === 'schedule-fan-out') add('event for many sent');
  }
};

const NAMES: readonly string[] = [
  ...['permit granted', 'permit waited for', "permit within a parent's", 'permit of two, one held'],
  ...['capacity raised', 'capacity lowered', 'more held than a lowered capacity'],
  ...['permit taken back', 'holder faulted', 'holder ended', 'holder unlinked'],
  ...['holder folded again', 'run begun: tick', 'run begun: catch-up', 'run begun: by-hand'],
  ...['run begun: backfill', 'run begun under skip', 'run begun under buffer-one'],
  ...['run begun under allow', 'run begun under cancel-running', 'run ok', 'run erred'],
  ...['run told to stop', 'runs side by side', 'run buffered', 'tick missed'],
  ...['skipped: overlap', 'skipped: replaced', 'skipped: backoff', 'skipped: paused'],
  ...['skipped: key-busy', 'event for many sent', 'host killed during a run'],
  ...['worker killed during a run', 'host killed while permits are held'],
  ...['host killed while an event is sent to many'],
];

/** The tally. */
export const harbourTally: Tally = {
  names: NAMES,
  // Nobody here emits or polls, and no task takes so long that its worker has to ask about it.
  // Timers are disarmed in few worlds only: the shop meets those points.
  unmet: [
    ...['host before emit', 'host after emit', 'host before disarm', 'host after disarm'],
    ...['worker before nak', 'worker after nak'],
    ...['worker before save', 'worker after save', 'worker before request', 'worker after request'],
    ...['worker before load', 'worker after load'],
  ],
  count: (evidence, add) => {
    countLimits(evidence, add);
    countHolders(evidence, add);
    countSchedules(evidence, add);
  },
};

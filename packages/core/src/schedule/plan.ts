// What a schedule decides when times come and runs end. Pure; the machine carries it out.
import type { ErrorData } from '../errors.ts';
import type { DueTimes } from './due-times.ts';
import type {
  RunningRun,
  RunReason,
  ScheduleContext,
  ScheduleCounts,
  ScheduleRun,
  SkipReason,
  TickNote,
} from './schedule-context.ts';
import type { FanOutOutput } from './schedule-commands.ts';
import { tickToken } from './tick-token.ts';

/** Runs in flight at most, when overlaps are allowed. */
export const RUNNING_MAX = 100;

/** Notes that are kept. */
const NOTES_MAX = 30;

/** How a run ended. */
export type RunEnd =
  | { readonly outcome: 'ok'; readonly output?: unknown }
  | { readonly outcome: 'erred'; readonly error: ErrorData };

type Draft = { -readonly [Field in keyof ScheduleContext]: ScheduleContext[Field] };

/** Decides step by step; the result is the next context, the runs to begin, those to stop. */
export class SchedulePlan {
  readonly context: Draft;
  readonly now: number;
  /** Slots whose run begins. */
  readonly starts: string[] = [];
  /** Slots whose run is told to stop. */
  readonly stops: string[] = [];

  constructor(before: ScheduleContext, now: number) {
    this.context = { ...before };
    this.now = now;
  }

  /** Times have come. All up to `upTo` are accounted for afterwards. */
  account({ due, missed }: DueTimes, upTo: number): this {
    const { context } = this;
    const isPause = context.gap === 'paused';
    const lost = isPause ? missed + due.length : missed;
    if (lost > 0) this.#note(isPause ? 'skipped' : 'missed', upTo, context.gap, lost);
    const latest = due.at(-1);
    if (!isPause)
      for (const tick of due) this.#offer(this.#runOf(tick, tick === latest ? 'tick' : 'catch-up'));
    context.accountedTo = upTo;
    context.gap = 'missed';
    return this;
  }

  /** Somebody wants a run now. */
  byHand(): this {
    this.context.serial += 1;
    this.#overlap(this.#runOf(this.now, 'by-hand', this.context.serial));
    return this;
  }

  /** Times of a backfill: one run after the other, once nothing else runs. */
  backfill(times: readonly number[]): this {
    const { context } = this;
    context.wanted = null;
    context.backlog = [...context.backlog, ...times];
    this.next();
    return this;
  }

  /** No run begins until `resume`. */
  pause(): this {
    const { context } = this;
    context.isPaused = true;
    if (context.buffered !== null) this.#note('skipped', context.buffered.tick, 'paused');
    context.buffered = null;
    return this;
  }

  /** Runs begin again. What went by is neither run nor missed. */
  resume(): this {
    this.context.isPaused = false;
    this.context.gap = 'paused';
    return this.next();
  }

  /** A run has ended; the next may begin. */
  end(slot: string, end: RunEnd): this {
    const { context } = this;
    const { [slot]: run, ...running } = context.running;
    if (run === undefined) return this;
    context.running = running;
    if (end.outcome === 'erred' && end.error.code === 'actor-exists') this.#unstart(run);
    else this.#settle(run, end);
    return this;
  }

  /** What waits begins, if nothing runs. */
  next(): this {
    const { context } = this;
    if (Object.keys(context.running).length > 0) return this;
    const { buffered, backlog } = context;
    if (buffered !== null) {
      context.buffered = null;
      this.#start(buffered);
      return this;
    }
    const [tick, ...rest] = backlog;
    if (tick === undefined || context.isPaused) return this;
    context.backlog = rest;
    context.serial += 1;
    this.#start(this.#runOf(tick, 'backfill', context.serial));
    return this;
  }

  #runOf(tick: number, reason: RunReason, serial?: number): ScheduleRun {
    const token = tickToken(tick);
    const end = serial === undefined ? token : `${token}-${serial}`;
    return { id: `${this.context.name}-${end}`, reason, tick };
  }

  /** A tick, which a backoff may swallow. */
  #offer(run: ScheduleRun): void {
    const { backoffUntil } = this.context;
    if (backoffUntil !== null && run.tick < backoffUntil) this.#skip(run, 'backoff');
    else this.#overlap(run);
  }

  #overlap(run: ScheduleRun): void {
    const { context } = this;
    const slots = Object.keys(context.running);
    if (slots.length === 0) return this.#start(run);
    switch (context.definition.overlap) {
      case 'skip':
        return this.#skip(run, 'overlap');
      case 'buffer-one':
        if (context.buffered !== null) return this.#skip(run, 'overlap');
        context.buffered = run;
        return;
      case 'allow':
        if (slots.length >= RUNNING_MAX) return this.#skip(run, 'too-many');
        return this.#start(run);
      case 'cancel-running':
        if (context.buffered !== null) this.#skip(context.buffered, 'replaced');
        context.buffered = run;
        for (const slot of slots) this.#stop(slot);
    }
  }

  #start(run: ScheduleRun): void {
    const { context } = this;
    let number = 0;
    while (`run-${number}` in context.running) number += 1;
    const slot = `run-${number}`;
    const startedAt = this.now;
    context.running = { ...context.running, [slot]: { ...run, startedAt } };
    this.starts.push(slot);
    this.#count('started', 1);
    this.#note('started', run.tick, run.reason);
  }

  #stop(slot: string): void {
    const { context } = this;
    const run = context.running[slot];
    if (run === undefined || run.stopping === true) return;
    context.running = { ...context.running, [slot]: { ...run, stopping: true } };
    this.stops.push(slot);
  }

  #skip({ tick }: ScheduleRun, reason: SkipReason): void {
    this.#note('skipped', tick, reason);
  }

  /** Another job of its key was there first: this one never ran. */
  #unstart({ tick }: RunningRun): void {
    this.#count('started', -1);
    this.#note('skipped', tick, 'key-busy');
  }

  #settle(run: RunningRun, end: RunEnd): void {
    const { context } = this;
    const endedAt = this.now;
    context.last = { ...run, endedAt, durationMs: endedAt - run.startedAt, ...end };
    this.#count(end.outcome, 1);
    if (end.outcome === 'ok') {
      const { target } = context.definition;
      if (target.kind === 'fan-out')
        this.#count('refused', (end.output as FanOutOutput).refused ?? 0);
      context.failures = 0;
      context.backoffUntil = null;
      return;
    }
    if (run.stopping === true) return; // It failed because it was told to stop.
    context.failures += 1;
    const { backoff } = context.definition;
    if (backoff === undefined) return;
    const wait = Math.min(backoff.firstMs * 2 ** (context.failures - 1), backoff.maxMs);
    context.backoffUntil = endedAt + wait;
  }

  #note(what: TickNote['what'], tick: number, reason: TickNote['reason'], count: number = 1): void {
    const { context } = this;
    if (what !== 'started') this.#count(what, count);
    const note: TickNote = { at: this.now, what, tick, reason, ...(count > 1 && { count }) };
    const { notes } = context;
    const before = notes.at(-1);
    // A row of skipped ticks is one note: it grows.
    const isSame = what !== 'started' && before?.what === what && before.reason === reason;
    context.notes = isSame
      ? [...notes.slice(0, -1), { ...note, count: (before.count ?? 1) + count }]
      : [...notes.slice(-NOTES_MAX + 1), note];
  }

  #count(what: keyof ScheduleCounts, by: number): void {
    const { counts } = this.context;
    this.context.counts = { ...counts, [what]: counts[what] + by };
  }
}

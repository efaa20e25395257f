// Taking a partition over: what an earlier host may have folded is folded first, at once or entry
// by entry, and what arrives meanwhile waits its turn.
import type { Delivery } from '@pawl/core';
import type { ActorRunner } from '../actor/actor-runner.ts';
import type { Backlog } from './recovery-rule.ts';
import type { Recovery } from './recovery.ts';

/** The window of a partition: more were never on their way to an earlier host all at once. */
const SINGLE_MAX = 5000;

/** What a takeover begins with. */
export interface TakeoverStart {
  readonly recovery: Recovery;
  /** Deliveries that may have been seen by an earlier host: their actors are loaded in full. */
  readonly backlog: Omit<Backlog, 'journal'>;
}

/** What it works with. */
export interface TakeoverContext extends TakeoverStart {
  readonly isCurrent: () => boolean;
  readonly runnerOf: (delivery: Delivery) => ActorRunner;
}

/** One takeover. */
export class Takeover {
  readonly #context: TakeoverContext;
  readonly #arrived: Delivery[] = [];
  #onArrival: (() => void) | undefined;
  #isSingle = true;
  #onAlone: () => void = () => undefined;
  /** Settled when entries need not be folded one at a time (any more). */
  readonly notAlone: Promise<void> = new Promise((resolve) => (this.#onAlone = resolve));
  /** Is everything folded that may have been folded before? Then deliveries go their own way. */
  isOver = false;

  constructor(context: TakeoverContext) {
    this.#context = context;
  }

  /** Takes a delivery while the takeover is not over. */
  take(delivery: Delivery): void {
    this.#arrived.push(delivery);
    this.#onArrival?.();
  }

  /** While entries are folded one at a time: names the next one. */
  beforeFold(sequence: number): Promise<void> | undefined {
    if (!this.#isSingle || this.isOver) return undefined;
    return this.#context.recovery.name(sequence, this.#context.isCurrent);
  }

  /**
   * A suspect that has been folded ended nobody: whoever ends from now on was not ended by it, so
   * its name goes before anything else happens.
   */
  afterFolds(): Promise<void> | undefined {
    const { recovery, isCurrent } = this.#context;
    return recovery.hasNamedSuspect ? recovery.nameNone(isCurrent) : undefined;
  }

  /** Folds the backlog. Rejects when the partition is lost. */
  async run(): Promise<void> {
    const { recovery, backlog, isCurrent, runnerOf } = this.#context;
    const plan = await recovery.begin(backlog, isCurrent);
    this.#single(plan.isSingle);
    const runners = new Set<ActorRunner>();
    for (let done = 0; done < backlog.size; done += 1) {
      if (this.#isSingle && done === SINGLE_MAX) {
        await recovery.nameNone(isCurrent);
        this.#single(false);
      }
      const delivery = this.#arrived.shift() ?? (await this.#next());
      if (!isCurrent()) return;
      const runner = runnerOf(delivery);
      const { sequence } = delivery.entry;
      // One that is not in memory is named by its load, when all is read: a name stands as briefly
      // as can be, so that a host which is ended by something else is not ended under one.
      if (runner.foldsAtOnce(sequence)) await this.beforeFold(sequence);
      runner.take(delivery, true);
      if (this.#isSingle) {
        await runner.settled();
        await this.afterFolds();
      } else runners.add(runner);
    }
    this.isOver = true;
    this.#single(false);
    for (const delivery of this.#arrived.splice(0)) runnerOf(delivery).take(delivery, false);
    for (const runner of runners) await runner.settled();
    if (isCurrent()) await recovery.end(isCurrent);
  }

  /** Whoever leaves in the middle of a takeover was not ended by it: its mark goes. */
  leave(): Promise<void> | undefined {
    const { recovery, isCurrent } = this.#context;
    return this.isOver ? undefined : recovery.end(isCurrent);
  }

  #single(isSingle: boolean): void {
    this.#isSingle = isSingle;
    if (!isSingle) this.#onAlone();
  }

  async #next(): Promise<Delivery> {
    for (;;) {
      await new Promise<void>((resolve) => (this.#onArrival = resolve));
      const delivery = this.#arrived.shift();
      if (delivery !== undefined) return delivery;
    }
  }

  /** The partition is lost, or left: nobody waits any more. */
  end(): void {
    this.#onAlone();
    this.#onArrival?.();
  }
}

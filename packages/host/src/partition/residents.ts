// The actors of a partition in memory; of too many, the longest unused go.
import type { ActorAddress } from '@pawl/core';
import { ActorRunner } from '../actor/actor-runner.ts';
import type { RunnerContext } from '../actor/runner-context.ts';

interface Resident {
  readonly runner: ActorRunner;
  /** Number of its last use. */
  usedAt: number;
}

/** Runners by `<type>/<id>`. Idle ones are dropped when there are too many. */
export class Residents {
  readonly #context: RunnerContext;
  readonly #residents = new Map<string, Resident>();
  #uses = 0;
  /** Looking for idle actors is worth it only once so many are there. */
  #passivateAt: number;

  constructor(context: RunnerContext) {
    this.#context = context;
    this.#passivateAt = context.limits.residentsMax;
  }

  get size(): number {
    return this.#residents.size;
  }

  /** The runner of an actor, new if need be. */
  use({ type, id }: ActorAddress): ActorRunner {
    const key = `${type}/${id}`;
    this.#uses += 1;
    const known = this.#residents.get(key);
    if (known !== undefined) {
      known.usedAt = this.#uses;
      return known.runner;
    }
    const runner = new ActorRunner(this.#context, { type, id });
    this.#residents.set(key, { runner, usedAt: this.#uses });
    if (this.#residents.size > this.#passivateAt) this.#passivate();
    return runner;
  }

  find(key: string): ActorRunner | undefined {
    return this.#residents.get(key)?.runner;
  }

  /** The partition is lost: none of them is saved any more. */
  end(): void {
    for (const { runner } of this.#residents.values()) runner.actor.endWaiting();
  }

  drop(key: string): void {
    this.#residents.delete(key);
  }

  /**
   * Drops idle actors, the longest unused first, a tenth more than there must be. When most are
   * busy, it looks again only after another tenth has come: they are bounded by the entries in
   * flight.
   */
  #passivate(): void {
    const { residentsMax } = this.#context.limits;
    const tenth = Math.ceil(residentsMax / 10);
    const surplus = this.#residents.size - residentsMax + tenth;
    const idle = [...this.#residents].filter(([, { runner }]) => runner.actor.isIdle);
    idle.sort(([, one], [, other]) => one.usedAt - other.usedAt);
    for (const [key] of idle.slice(0, surplus)) this.#residents.delete(key);
    this.#passivateAt = Math.max(residentsMax, this.#residents.size + tenth);
  }
}

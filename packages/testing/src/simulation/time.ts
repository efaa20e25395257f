// The time of a simulated world: a heap of what is due, run one after the other, as fast as it
// goes.
import type { Clock, Stoppable } from '@pawl/core';

interface Due {
  readonly at: number;
  /** Things due at the same time happen in the order in which they were asked for. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Turns of the event loop asked for at once: between two of them all promises settle. */
const TURNS = 64;

const isBefore = (one: Due, other: Due): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Simulated time. Fractions of ms order what happens; clocks show whole ones. */
export class SimulatedTime implements Clock {
  readonly #heap: Due[] = [];
  #now: number;
  #order = 0;
  /** How many things have been run. */
  steps = 0;

  constructor(start: number) {
    this.#now = start;
  }

  /** With its fraction. */
  get exact(): number {
    return this.#now;
  }

  now(): number {
    return Math.floor(this.#now);
  }

  after(ms: number, callback: () => void): Stoppable {
    return this.at(this.#now + Math.max(0, ms), callback);
  }

  every(ms: number, callback: () => void): Stoppable {
    let isStopped = false;
    const next = (): Stoppable =>
      this.after(Math.max(1, ms), () => {
        waiting = next();
        callback();
        if (isStopped) waiting.stop();
      });
    let waiting = next();
    return {
      stop: () => {
        isStopped = true;
        waiting.stop();
      },
    };
  }

  /** Runs `callback` at a time; at once, after all else, when that is past. */
  at(at: number, callback: () => void): Stoppable {
    this.#order += 1;
    const due: Due = { at: Math.max(at, this.#now), order: this.#order, run: callback };
    this.#push(due);
    return { stop: () => void (due.run = undefined) };
  }

  /** Runs what is due until `end`, or until there is nothing left, or until told to stop. */
  runUntil(end: number, isOver: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      let turns = 0;
      const finish = (settle: () => void): void => {
        hasEnded = true;
        settle();
      };
      const turn = (): void => {
        turns -= 1;
        if (hasEnded) return;
        try {
          const isDone = isOver() || !this.#step(end);
          if (isDone) {
            if (!isOver()) this.#now = Math.max(this.#now, end);
            finish(resolve);
          } else if (turns === 0) ask();
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const ask = (): void => {
        turns = TURNS;
        for (let index = 0; index < TURNS; index += 1) setImmediate(turn);
      };
      ask();
    });
  }

  #step(end: number): boolean {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.run !== undefined && first.at > end) return false;
      this.#pop();
      if (first.run === undefined) continue;
      this.#now = Math.max(this.#now, first.at);
      this.steps += 1;
      first.run();
      return true;
    }
    return false;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let smallest = heap[left];
      if (smallest === undefined) break;
      let child = left;
      const right = heap[left + 1];
      if (right !== undefined && isBefore(right, smallest)) {
        smallest = right;
        child = left + 1;
      }
      if (!isBefore(smallest, last)) break;
      heap[index] = smallest;
      index = child;
    }
    heap[index] = last;
  }
}

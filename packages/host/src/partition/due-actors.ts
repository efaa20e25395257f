// Which actors of a partition the sweep has to look at, and when: a map is enough.
import { addressKey, type ActorState } from '@pawl/core';

/** Timers fire by themselves; only after this do they count as overdue, ms. */
export const OVERDUE_AFTER_MS = 60_000;

/** When the sweep has to look at an actor: at a deadline, or when a timer should have fired. */
export const nextLookAt = ({ status, pending }: ActorState): number | undefined => {
  if (status !== 'active') return undefined;
  let earliest = Number.POSITIVE_INFINITY;
  for (const { dueAt } of Object.values(pending.timers))
    earliest = Math.min(earliest, dueAt + OVERDUE_AFTER_MS);
  for (const { status: commandStatus, deadlineAt } of Object.values(pending.commands))
    if (commandStatus !== 'cancelled') earliest = Math.min(earliest, deadlineAt);
  return Number.isFinite(earliest) ? earliest : undefined;
};

/** When the sweep has to look at each actor, by `<type>/<id>`. */
export class DueActors {
  readonly #lookAt = new Map<string, number>();

  /** Says when to look at an actor, ms since 1970. */
  add(key: string, lookAt: number): void {
    this.#lookAt.set(key, lookAt);
  }

  /** Notes what a state waits for; an actor that waits for nothing is dropped. */
  note(state: ActorState): void {
    const key = addressKey(state);
    const lookAt = nextLookAt(state);
    if (lookAt === undefined) this.#lookAt.delete(key);
    else this.#lookAt.set(key, lookAt);
  }

  /** Notes an actor that was just swept: what is still overdue is looked at again at `againAt`. */
  noteAgain(state: ActorState, againAt: number): void {
    const lookAt = nextLookAt(state);
    if (lookAt !== undefined) this.#lookAt.set(addressKey(state), Math.max(lookAt, againAt));
  }

  /** Actors to look at now. Each is told once, until it is noted again. */
  takeDue(now: number): readonly string[] {
    const due: string[] = [];
    for (const [key, lookAt] of this.#lookAt) if (lookAt <= now) due.push(key);
    for (const key of due) this.#lookAt.delete(key);
    return due;
  }
}

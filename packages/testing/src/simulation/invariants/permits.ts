// A permit is held only by actors whose own journal says so, and whoever says so holds it: at all
// times, by the order of the one journal.
import {
  addressKey,
  commandId,
  limitAddress,
  requestKey,
  type ActorState,
  type LimitTable,
} from '@pawl/core';
import type { Evidence, Life } from '../evidence.ts';
import { takenIn, type LimitStep } from './limits.ts';

interface Moment {
  readonly key: string;
  readonly from: Life['replayed'][number];
}

const momentsOf = (lives: Evidence['lives']): readonly Moment[] =>
  [...lives.values()]
    .flatMap(({ key, replayed }) => replayed.map((from) => ({ key, from })))
    .toSorted((one, other) => one.from.stored.sequence - other.from.stored.sequence);

/** What an actor holds by its own word: scope and request. */
const ownHold = ({ type, id, pending }: ActorState): readonly (readonly [string, string])[] =>
  Object.values(pending.permits ?? {}).flatMap(({ path, generation, scopes, held }) =>
    scopes
      .slice(0, held)
      .map((scope) => [scope, commandId({ type, id }, path, generation)] as const),
  );

/** Goes through the journal once. An operator may take back what is held; nobody else may. */
class Book {
  readonly problems: string[] = [];
  readonly #states = new Map<string, ActorState>();
  readonly #tables = new Map<string, LimitTable>();
  readonly #takenBack = new Set<string>();

  take({ key, from }: Moment): void {
    const { state } = from.step;
    if (state === undefined) return;
    const table = state.limit;
    if (table === undefined) this.#check(key, from.stored.sequence, state);
    else {
      const before = from.before?.limit ?? table;
      if (before !== table) this.#takeLimit({ key, from, before, after: table });
      this.#tables.set(key, table);
    }
    this.#states.set(key, state);
  }

  /** Whoever lost its permit by this step did not hold it any more. */
  #takeLimit(step: LimitStep): void {
    const { body } = step.from.entry ?? {};
    // An audit says that nobody holds it; anybody else may take back what is held.
    const isTakenBack = body?.['type'] === 'release-permit' && body['why'] !== 'audit';
    for (const request of takenIn(step)) {
      const { scope } = step.after;
      const name = requestKey(request);
      // It may still hear that it was granted, as that was said before.
      if (isTakenBack) this.#takenBack.add(`${scope} ${name}`);
      const holder = this.#states.get(addressKey(request.holder));
      const hold = holder === undefined ? [] : ownHold(holder);
      if (isTakenBack || !hold.some(([of, held]) => of === scope && held === name)) continue;
      this.problems.push(
        `${step.key}@${step.from.stored.sequence}: it takes the permit of ${name}, which holds it`,
      );
    }
  }

  #check(key: string, sequence: number, state: ActorState): void {
    for (const [scope, name] of ownHold(state)) {
      const request = this.#tables.get(addressKey(limitAddress(scope)))?.parts.requests.get(name);
      const label = `${scope} ${name}`;
      if (request?.place !== undefined) this.#takenBack.delete(label);
      else if (!this.#takenBack.has(label))
        this.problems.push(`${key}@${sequence}: it holds ${scope}, and the limit does not know`);
    }
  }
}

/** A journal that has lost its end may have lost what one of the two has said. */
export const holdsByOwnJournal = ({ lives, world }: Evidence): readonly string[] => {
  if (world.restoredTo !== undefined) return [];
  const book = new Book();
  for (const moment of momentsOf(lives)) book.take(moment);
  return book.problems;
};

// Which actors an order is for: one, or all of a type that a filter finds.
import type { ActorSummary } from '@pawl/core';
import type { OperatorSession } from '../operator-session.ts';
import { UsageError } from '../usage-error.ts';

/** Flags that choose actors. */
export interface TargetFlags {
  readonly type?: string;
  readonly state?: string;
  readonly tag?: string;
  readonly status?: string;
  /** ms */
  readonly older?: number;
}

/** One actor by name, or a filter; and the words that are not part of either. */
export type Target =
  | { readonly kind: 'one'; readonly type: string; readonly id: string; readonly rest: string[] }
  | { readonly kind: 'all'; readonly type: string; readonly rest: string[] };

/** Reads the target off the command line. Throws UsageError. */
export const readTarget = (words: readonly string[], flags: TargetFlags, name: string): Target => {
  if (flags.type !== undefined) return { kind: 'all', type: flags.type, rest: [...words] };
  const filter = (['state', 'tag', 'status', 'older'] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (filter !== undefined)
    throw new UsageError(`--${filter} chooses among the actors of a type: say --type, too.`);
  const [type, id, ...rest] = words;
  if (type === undefined || id === undefined)
    throw new UsageError(
      `Which actor? pawl ${name} <type> <id>, or with a filter: pawl ${name} --type <type>.`,
    );
  return { kind: 'one', type, id, rest };
};

const matchesStatus = ({ status, parked }: ActorSummary, wanted: string | undefined): boolean =>
  wanted === undefined || (parked === undefined ? status : 'parked') === wanted;

/** The actors that a filter finds. Those that have ended are left out. */
export const findTargets = async (
  { operator }: OperatorSession,
  type: string,
  { state, tag, status, older }: TargetFlags,
  now: number,
): Promise<readonly ActorSummary[]> => {
  const found: ActorSummary[] = [];
  const options = { ...(state !== undefined && { state }), ...(tag !== undefined && { tag }) };
  for await (const actor of operator.list(type, options)) {
    const isOld = older === undefined || actor.since <= now - older;
    if (actor.status !== 'done' && isOld && matchesStatus(actor, status)) found.push(actor);
  }
  return found;
};

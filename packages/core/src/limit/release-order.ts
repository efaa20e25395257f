// The order to release: which permits of a limit it means.
import { refused, type LivingTurn } from '../fold/turn.ts';
import { addressKey } from '../names.ts';
import type { ReleasePermitOrder } from '../order.ts';
import type { Step } from '../step.ts';
import type { LimitTable, PermitRequest } from './limit-table.ts';

const NAMED_MAX = 10;

/** What the order means, or the refusal of one that means nothing. */
export const orderedRelease = (
  turn: LivingTurn,
  table: LimitTable,
  { holder, path, generation }: ReleasePermitOrder,
): readonly PermitRequest[] | Step => {
  const wanted = addressKey(holder);
  const requests = table.list();
  const found = requests.filter(
    (request) =>
      addressKey(request.holder) === wanted &&
      (path === undefined || request.path === path) &&
      (generation === undefined || request.generation === generation),
  );
  if (found.length > 0) return found;
  const holders = requests.filter(({ place }) => place !== undefined);
  const names = [...new Set(holders.map((request) => addressKey(request.holder)))];
  const shown = names.slice(0, NAMED_MAX).join(', ');
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return refused(
    turn,
    'not-pending',
    `${wanted} neither holds nor waits for a permit of ${table.scope}. It is held by: ` +
      `${shown || 'nobody'}${more}.`,
    { holders: names.slice(0, NAMED_MAX) },
  );
};

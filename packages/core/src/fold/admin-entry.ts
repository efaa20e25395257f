// Folds `admin`: what an operator ordered.
import type { AdminBody } from '../order.ts';
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { inject } from './inject-order.ts';
import { retry } from './retry-order.ts';
import { setState } from './set-state-order.ts';
import { ignored, passedOver, refused, type LivingTurn } from './turn.ts';
import { unlink } from './unlink-order.ts';

/**
 * Folds an operator's order. `pause` and `resume` are for the host, which parks the actor: they
 * change nothing here, so that a replay gives the same. `fold-again` needs the whole journal and is
 * folded by `foldAgain`.
 */
export const foldAdmin = (turn: LivingTurn): Step => {
  const order = turn.entry.body as unknown as AdminBody;
  if (order.type === 'discard') return noted(turn);
  if (turn.state.status === 'done')
    return refused(
      turn,
      'actor-ended',
      `${addressKey(turn.entry)} has ended, so there is nothing to ${order.type}.`,
    );
  switch (order.type) {
    case 'retry':
      return retry(turn, order.path);
    case 'inject':
      return inject(turn, order);
    case 'set-state':
      return setState(turn, order);
    case 'unlink':
      return unlink(turn, order);
    case 'pause':
    case 'resume':
      return noted(turn);
    case 'set-capacity':
    case 'release-permit':
      return refused(
        turn,
        'order-refused',
        `${addressKey(turn.entry)} is no limit, so it does not take the order to ${order.type}: give ` +
          'it to the actor of type limit that keeps the scope.',
      );
    case 'fold-again':
      return ignored(turn, 'nothing-to-do');
  }
};

/** Stands in the journal, and that is all. */
const noted = (turn: LivingTurn): Step => ({
  state: passedOver(turn),
  effects: [],
  outcome: { kind: 'applied' },
});

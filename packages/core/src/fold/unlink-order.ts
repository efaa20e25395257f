// `unlink`: the actor ends at once. What it stands for stays as it is: no command is published.
import type { ActorState, PendingCommand } from '../actor-state.ts';
import type { Effect } from '../effect.ts';
import type { EventBody } from '../entry.ts';
import type { AdminBody } from '../order.ts';
import { addressKey, type ActorAddress } from '../names.ts';
import { limitAddress } from '../limit/scope.ts';
import type { Step } from '../step.ts';
import { cancelEffect } from './command-effect.ts';
import { cancelledKey, cancelledOf } from './command-ledger.ts';
import { releaseSignal } from './permit-ledger.ts';
import { passedOver, type LivingTurn } from './turn.ts';

/**
 * The state keeps its value and context and becomes `done`. Commands are cancelled and remembered
 * for a late success, timers disarmed, children told to stop; the parent hears an error,
 * `actor-unlinked`. No exit action runs, so it works even when the machine cannot go on.
 */
export const unlink = (turn: LivingTurn, { by, why }: AdminBody): Step => {
  const { state, entry } = turn;
  const { commands, timers, children, permits = {} } = state.pending;
  const { fault: _fault, ...rest } = passedOver(turn);
  const remembered: Record<string, PendingCommand> = {};
  const effects: Effect[] = [];
  for (const command of Object.values(commands)) {
    if (command.status === 'running') effects.push(cancelEffect(state, command));
    remembered[cancelledKey(command)] = cancelledOf(command);
  }
  for (const { key, generation } of Object.values(timers))
    effects.push({ kind: 'disarm', key, generation });
  let n = 0;
  const tell = (to: ActorAddress, event: EventBody, hops: number = 1): void => {
    const address = { type: to.type, id: to.id };
    effects.push({ kind: 'peer', to: address, sequence: entry.sequence, n, event, hops });
    n += 1;
  };
  for (const child of Object.values(children)) {
    const parent = {
      type: state.type,
      id: state.id,
      path: child.path,
      generation: child.generation,
    };
    tell(child, { type: 'pawl.stop', parent });
  }
  for (const permit of Object.values(permits))
    for (const scope of permit.scopes.slice(0, permit.held + 1))
      tell(limitAddress(scope), releaseSignal(permit, scope), 0);
  const { parent } = state;
  if (parent !== undefined) {
    const reason = why === undefined ? '' : `: ${why}`;
    tell(parent, {
      type: 'pawl.child-failed',
      path: parent.path,
      generation: parent.generation,
      error: {
        code: 'actor-unlinked',
        message: `${addressKey(state)} was unlinked by ${by}${reason}`,
        retryable: false,
      },
    });
  }
  const ended: ActorState = {
    ...rest,
    status: 'done',
    since: turn.time,
    snapshot: { ...state.snapshot, status: 'stopped', children: {} },
    pending: { commands: remembered, timers: {}, children: {} },
    incarnations: {},
  };
  return { state: ended, effects, outcome: { kind: 'applied' } };
};

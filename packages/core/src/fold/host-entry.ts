// Folds `host`: what a host decided about an actor.
import type { HostBody } from '../entry.ts';
import type { Step } from '../step.ts';
import { cancelEffect } from './command-effect.ts';
import { cancelledKey, cancelledOf, settle } from './command-ledger.ts';
import { execute } from './execute.ts';
import { refusalOf } from './event-entry.ts';
import { settleChild } from './peer-entry.ts';
import { faulted, ignored, type LivingTurn } from './turn.ts';

/** Folds a host entry. `born` is read by whoever chooses the machine's version, not here. */
export const foldHost = (turn: LivingTurn): Step => {
  const body = turn.entry.body as unknown as HostBody;
  switch (body.type) {
    case 'born':
      return ignored(turn, 'already-born');
    case 'faulted':
      return turn.state.status === 'active'
        ? faulted(turn, body.error)
        : ignored(turn, 'nothing-to-do');
    case 'expired':
      return expire(turn, body.path, body.generation);
    case 'child-failed': {
      const child = turn.state.pending.children[body.path];
      return child?.generation === body.generation
        ? settleChild(turn, child, { ...body, type: 'pawl.child-failed' }, undefined)
        : ignored(turn, 'stale-reply');
    }
    default:
      return ignored(turn, 'nothing-to-do');
  }
};

/** The deadline has passed: an error event, and the command is remembered for a late success. */
const expire = (turn: LivingTurn, path: string, generation: string): Step => {
  const pending = turn.state.pending.commands[path];
  if (pending === undefined || pending.generation !== generation)
    return ignored(turn, 'stale-reply');
  return (
    refusalOf(turn, 'deadlines') ??
    execute(turn, pending.hops, {}, (core, { system }) => {
      const ref = system.running.get(path);
      if (ref === undefined) return ignored(turn, 'stale-reply');
      if (pending.status === 'running') core.effects.push(cancelEffect(core.address, pending));
      settle(core, pending, ref, {
        error: {
          code: 'deadline-exceeded',
          message:
            `${pending.task} of ${pending.service} had no result within ` +
            `${pending.deadlineAt - pending.since} ms (attempt ${pending.attempt}).`,
          retryable: false,
          ...(pending.lastError !== undefined && { details: { lastError: pending.lastError } }),
        },
      });
      core.pending.commands.set(cancelledKey(pending), cancelledOf(pending));
      return undefined;
    })
  );
};

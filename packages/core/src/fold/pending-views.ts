// What the pending table still holds: as effects for recovery, and by when something is due.
import type { ActorState, PendingCommand } from '../actor-state.ts';
import type { Effect } from '../effect.ts';
import { armEffect, commandEffect, createEffect } from './command-effect.ts';
import { askAgain } from './permit-ledger.ts';

/**
 * What recovery publishes: commands that run, timers and children, with their original ids. A
 * repeat
 * of any is harmless. Ended and faulted actors wait for nothing.
 */
export const openEffects = (state: ActorState): Effect[] => {
  if (state.status !== 'active') return [];
  const { commands, timers, children, permits = {} } = state.pending;
  return [
    ...Object.values(commands)
      .filter(({ status }) => status === 'running')
      .map((command) => commandEffect(state, command)),
    ...Object.values(children).map((child) => createEffect(state, child)),
    ...Object.values(permits).flatMap((permit) => askAgain(state, permit)),
    ...Object.values(timers).map(armEffect),
  ];
};

/** Commands that somebody waits for. */
const awaited = ({ status, pending }: ActorState): PendingCommand[] =>
  status === 'active'
    ? Object.values(pending.commands).filter((command) => command.status !== 'cancelled')
    : [];

/** When the next timer or deadline is due, ms; undefined when nothing is. */
export const nextDueAt = (state: ActorState): number | undefined => {
  if (state.status !== 'active') return undefined;
  const dues = [
    ...Object.values(state.pending.timers).map(({ dueAt }) => dueAt),
    ...awaited(state).map(({ deadlineAt }) => deadlineAt),
  ];
  return dues.length === 0 ? undefined : dues.reduce((one, other) => Math.min(one, other));
};

/** Commands whose deadline has passed: the sweep appends `expired` for each. */
export const overdueCommands = (state: ActorState, now: number): PendingCommand[] =>
  awaited(state).filter(({ deadlineAt }) => deadlineAt <= now);

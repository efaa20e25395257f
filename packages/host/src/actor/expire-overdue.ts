// The sweep's part for one actor: expires commands past their deadline, arms lost timers again.
import {
  encodeBody,
  openEffects,
  overdueCommands,
  timerMessage,
  type ActorState,
  type HostBody,
  type Ports,
} from '@pawl/core';
import { OVERDUE_AFTER_MS } from '../partition/due-actors.ts';

/** Appends `expired` for each overdue command and arms overdue timers. Repeats are harmless. */
export const expireOverdue = async (
  ports: Ports,
  state: ActorState,
  now: number,
): Promise<void> => {
  const { type, id } = state;
  for (const { path, generation } of overdueCommands(state, now)) {
    const body: HostBody = { type: 'expired', path, generation };
    await ports.journal.append({ type, id, kindToken: 'host', body: encodeBody(body) });
  }
  for (const effect of openEffects(state))
    if (effect.kind === 'arm' && effect.dueAt + OVERDUE_AFTER_MS <= now)
      await ports.timers.arm(timerMessage({ state }, effect));
};

// Folds `timer`: a delayed event arrives, or a command begins its next attempt.
import type { PendingTimer } from '../actor-state.ts';
import type { TimerBody } from '../entry.ts';
import { copyData } from '../json-data.ts';
import type { Step } from '../step.ts';
import { startNextAttempt } from './command-ledger.ts';
import { refusalOf } from './event-entry.ts';
import { execute } from './execute.ts';
import type { StepCore } from './step-core.ts';
import { ignored, type LivingTurn } from './turn.ts';

/** Folds a timer entry. The actor's own timers that were due before fire first, in due order. */
export const foldTimer = (turn: LivingTurn): Step => {
  const { state, rules } = turn;
  const { key, generation } = turn.entry.body as unknown as TimerBody;
  const timer = state.pending.timers[key];
  if (!rules.isCurrentTimer(timer, generation)) return ignored(turn, 'stale-timer');
  const refusal = refusalOf(turn, 'timers');
  if (refusal !== undefined) return refusal;
  return execute(turn, hopsOfTimer(turn, timer), {}, (core) => {
    for (const earlier of rules.overdueBefore(state.pending.timers, timer))
      fireTimer(core, earlier);
    fireTimer(core, timer);
    return undefined;
  });
};

const hopsOfTimer = ({ state }: LivingTurn, { command }: PendingTimer): number =>
  command === undefined ? 0 : (state.pending.commands[command]?.hops ?? 0);

/** Fires one timer, unless an earlier one of the same step has disarmed or replaced it. */
export const fireTimer = (core: StepCore, timer: PendingTimer): void => {
  const { timers, commands } = core.pending;
  const { key, generation, event, address, command, to } = timer;
  if (timers.get(key)?.generation !== generation || core.failure !== undefined) return;
  timers.delete(key);
  if (command !== undefined) {
    const pending = commands.get(command);
    if (pending?.status === 'backoff') startNextAttempt(core, pending);
    return;
  }
  if (event === undefined) return;
  core.class = timer.class;
  if (address !== undefined) {
    core.peer(address, event);
    return;
  }
  const target = core.actors.system.running.get(to ?? '');
  const { rules } = core.turn;
  if (target !== undefined && rules.reachesTarget(timer, core.incarnations.current))
    rules.deliver(target, copyData(event));
};

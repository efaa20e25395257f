// Runs the `schedule` machine through time with the fold alone, and notes which timers it arms.
import {
  comingTimes,
  encodeBody,
  fold,
  HEADER,
  readEntry,
  registerMachine,
  scheduleMachine,
  type ActorState,
  type CommandEffect,
  type Effect,
  type ScheduleInput,
  type TimesInput,
} from '@pawl/core';

const actor = { type: 'schedule', id: 'nightly' };
const registered = registerMachine(actor.type, scheduleMachine);

const outputOf = ({ task, input }: CommandEffect): unknown =>
  task === 'schedule-times' ? comingTimes(input as TimesInput) : { sent: 0 };

/**
 * When the timers for its ticks are due that a schedule arms from its declaration on. Its commands
 * are answered at once, each timer fires when it is due.
 */
export const armedTicks = (input: ScheduleInput, start: number, end: number): readonly number[] => {
  let state: ActorState | undefined;
  let [sequence, time] = [0, start];
  const armed: number[] = [];
  const waiting: Effect[] = [];
  const append = (kindToken: string, body: object): void => {
    sequence += 1;
    const headers = kindToken === 'timer' ? { [HEADER.streamSource]: 'PAWL_TIMERS' } : {};
    const bytes = encodeBody(body);
    const entry = readEntry({ ...actor, sequence, time, kindToken, headers, body: bytes });
    const step = fold(registered, state, entry);
    state = step.state;
    waiting.push(...step.effects);
  };
  append('create', { input });
  for (;;) {
    const effect = waiting.shift();
    if (effect === undefined) return armed;
    if (effect.kind === 'command') {
      const { task, path, generation } = effect;
      append('reply-pawl', { task, path, generation, outcome: 'done', output: outputOf(effect) });
    } else if (effect.kind === 'arm' && effect.key.includes('untilNext')) {
      const { key, generation, dueAt } = effect;
      if (dueAt > end) return armed;
      armed.push(dueAt);
      time = dueAt;
      append('timer', { key, generation });
    }
  }
};

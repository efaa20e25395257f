// Tasks of the service `pawl`: what the built-in actor types command.
import {
  checkCron,
  comingTimes,
  nextTimes,
  PawlError,
  scheduleBackfill,
  scheduleFanOut,
  scheduleTimes,
  tooManyTimes,
  type BackfillInput,
  type Ports,
  type TimesInput,
  type TimesOutput,
} from '@pawl/core';
import { permanentError, type TaskError } from '../task-error.ts';
import { task, type Task } from '../task.ts';
import { fanOut } from './fan-out.ts';

const backfillTimes = (input: BackfillInput): readonly number[] | TaskError => {
  const { cron, timeZone, from, to, max } = input;
  const times = nextTimes(cron, timeZone, from - 1, max + 1).filter((time) => time <= to);
  if (times.length <= max) return times;
  const { code, message } = tooManyTimes(max, from, to);
  return permanentError(code, message);
};

/**
 * A definition that `schedule()` has not checked may have come from whoever creates actors. Another
 * attempt would not read it either.
 */
const times = (input: TimesInput): TimesOutput | TaskError => {
  try {
    checkCron(input.cron, input.timeZone, input.now);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    return permanentError(error.code, error.message);
  }
  return comingTimes(input);
};

/** The tasks of a worker of the service `pawl`. */
export const builtInTasks = (ports: Ports): readonly Task[] => [
  task(scheduleTimes, times),
  task(scheduleBackfill, backfillTimes),
  task(scheduleFanOut, fanOut(ports)),
];

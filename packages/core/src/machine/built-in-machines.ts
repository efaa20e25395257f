// The machines of the service `pawl`, which every host joins.
import type { AnyStateMachine } from 'xstate';
import { limitMachine } from '../limit/limit-machine.ts';
import { LIMIT_TYPE } from '../limit/scope.ts';
import { SCHEDULE_TYPE } from '../schedule/run-machine.ts';
import { scheduleMachine } from '../schedule/schedule-machine.ts';
import { firstJobMachine, JOB_TYPE, jobMachine } from './job-machine.ts';

/** By type, oldest first. */
export const builtInMachines: Readonly<Record<string, readonly AnyStateMachine[]>> = {
  [JOB_TYPE]: [firstJobMachine, jobMachine],
  [LIMIT_TYPE]: [limitMachine],
  [SCHEDULE_TYPE]: [scheduleMachine],
};

// The simulated harbour: permits and schedules in all their forms, under the same faults.
import type { Scenario } from '../scenario.ts';
import { harbourActions } from './actions.ts';
import { closeHarbour } from './closing.ts';
import { HARBOUR } from './commands.ts';
import { leftAtKill } from './left-at-kill.ts';
import { lamp } from './lamp.machine.ts';
import { patrol } from './patrol.machine.ts';
import { harbourSchedules } from './schedules.ts';
import { createShip } from './ship.machine.ts';
import { harbourTasks } from './tasks.ts';
import { tug } from './tug.machine.ts';

/** The harbour. */
export const harbour: Scenario = {
  service: HARBOUR,
  machines: { ship: [createShip('1'), createShip('2')], tug, lamp, patrol },
  tasks: harbourTasks,
  actions: harbourActions,
  schedules: harbourSchedules,
  closing: closeHarbour,
  atKill: leftAtKill,
};

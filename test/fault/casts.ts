// The casts of the fault suite: which machines a host has and which tasks a worker serves.
import type { MachinesByType } from '@pawl/host';
import {
  createOpenStackClient,
  instance,
  openstackTasks,
  volume,
  type CloudSettings,
} from '@pawl/openstack';
import type { Task } from '@pawl/worker';
import type { Cast } from './child-settings.ts';
import { counterTasks } from './counter/counter.tasks.ts';
import { counterMachine, counterMachineTwo } from './counter/counter.machine.ts';

/** Machines and tasks of one service. */
export interface CastParts {
  readonly service: string;
  readonly machines: MachinesByType;
  tasksOf(cloud: CloudSettings | undefined, pollMs?: number): readonly Task[];
}

const openstack: CastParts = {
  service: 'openstack',
  machines: { instance, volume },
  tasksOf: (cloud, pollMs) => {
    if (cloud === undefined) throw new Error('Workers of openstack need a cloud.');
    // All settings mean the same cloud: each has limits of its own.
    const client = createOpenStackClient(cloud);
    return openstackTasks({ clients: () => client, ...(pollMs !== undefined && { pollMs }) });
  },
};

const counter = (machines: MachinesByType): CastParts => ({
  service: 'counting',
  machines,
  tasksOf: () => counterTasks,
});

/** The parts of a cast. */
export const castOf = (cast: Cast): CastParts => {
  if (cast === 'openstack') return openstack;
  return counter({
    counter: cast === 'counter' ? counterMachine : [counterMachine, counterMachineTwo],
  });
};

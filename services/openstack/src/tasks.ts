// All tasks of the service, for one worker.
import type { Task } from 'pawl';
import type { ClientsBySettings } from './cloud/open-stack-client.ts';
import { instanceTasks } from './instance/instance.tasks.ts';
import { createPollAgain } from './poll-again.ts';
import { volumeTasks } from './volume/volume.tasks.ts';

/** Options of `openstackTasks`. */
export interface OpenStackTasksOptions {
  /** Resolves the reference to settings that each command carries. */
  readonly clients: ClientsBySettings;
  /** Wait before the cloud is asked a second time, ms; later ones grow tenfold. Default 1000. */
  readonly pollMs?: number;
}

/** The tasks of service `openstack`, for `startWorker({ service: 'openstack', tasks })`. */
export const openstackTasks = ({ clients, pollMs }: OpenStackTasksOptions): Task[] => {
  const pollAgain = createPollAgain(pollMs);
  return [...volumeTasks(clients, pollAgain), ...instanceTasks(clients, pollAgain)];
};

// The tasks of a worker by name, checked.
import { checkName, PawlError } from '@pawl/core';
import type { Task } from './task.ts';

/** Tasks by name. Throws `invalid-name` for a task of another service or a second one of a name. */
export const createTaskTable = (
  service: string,
  tasks: readonly Task[],
): ReadonlyMap<string, Task> => {
  checkName('service', service);
  const table = new Map<string, Task>();
  for (const task of tasks) {
    const { name, service: owner } = task.contract;
    if (owner !== service)
      throw new PawlError(
        'invalid-name',
        `The task ${name} belongs to service ${owner}, this worker serves ${service}: ` +
          'start a worker for each service.',
      );
    if (table.has(name))
      throw new PawlError('invalid-name', `Two tasks serve the command ${name}: give only one.`);
    table.set(name, task);
  }
  return table;
};

// Registers the tasks of a worker: at its start, and again when the registry was made anew.
import { errorFields, taskRecordOf, type BusSubscription, type Stoppable } from '@pawl/core';
import type { WorkerShell } from './worker-shell.ts';

const AGAIN_MS = 5_000;

/** Registers now, rejecting as the broker does, and whenever streams were made anew. */
export const keepRegistered = async (shell: WorkerShell): Promise<BusSubscription> => {
  const { ports, service, tasks, clock, log } = shell;
  const records = [...tasks.values()].map(taskRecordOf);
  const register = (): Promise<void> => ports.registry.registerTasks(service, records);
  await register();
  let again: Stoppable | undefined;
  let isStopped = false;
  const registerAgain = (): void => {
    again?.stop();
    again = undefined;
    register().catch((error: unknown) => {
      if (isStopped) return;
      log('warn', 'The tasks could not be registered yet', errorFields(error));
      again ??= clock.after(AGAIN_MS, registerAgain);
    });
  };
  const subscriptions = [
    ports.bus.subscribe(ports.subjects.rebuilt(), registerAgain),
    // It may have been told while nobody listened here.
    ports.bus.onConnection((state) => {
      if (state === 'connected') registerAgain();
    }),
  ];
  return {
    stop: () => {
      isStopped = true;
      again?.stop();
      for (const subscription of subscriptions) subscription.stop();
    },
  };
};

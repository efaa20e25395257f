// A worker's heartbeat: what it serves and how long its tasks take.
import { encodeJson, type Stoppable, type WorkerBeatBody } from '@pawl/core';
import type { Slots } from './slots.ts';
import type { WorkerShell } from './worker-shell.ts';

/** Who looks listens for a little longer than this. */
const BEAT_MS = 2000;

/** What a worker says of itself now. */
export const workerBeatOf = (shell: WorkerShell, name: string, slots: Slots): WorkerBeatBody => ({
  service: shell.service,
  worker: name,
  tasks: [...shell.tasks.keys()],
  slots,
  running: shell.stats.running,
  busy: { ...shell.busy },
  timings: shell.timings.list(),
  time: shell.clock.now(),
});

/** Says it now and every two seconds, until stopped. */
export const startBeating = (shell: WorkerShell, name: string, slots: Slots): Stoppable => {
  const { ports, service, clock, log } = shell;
  const beat = (): void => {
    try {
      const body = encodeJson(workerBeatOf(shell, name, slots));
      ports.bus.publish(ports.subjects.workerBeat(service, name), body);
    } catch (error) {
      log('debug', 'a heartbeat could not be sent', { error: String(error) });
    }
  };
  beat();
  return clock.every(BEAT_MS, beat);
};

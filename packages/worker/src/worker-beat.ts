// A worker's heartbeat: what it serves and how long its tasks take.
import {
  decodeBody,
  encodeJson,
  errorFields,
  type Stoppable,
  type WorkerBeatBody,
} from '@pawl/core';
import type { Slots } from './slots.ts';
import type { WorkerShell } from './worker-shell.ts';

/** Who looks listens for a little longer than this. */
const BEAT_MS = 2000;

/** What is said of a worker and does not change. */
export interface BeatingWorker {
  readonly name: string;
  readonly slots: Slots;
  readonly startedAt: number;
}

/** What a worker says of itself now. */
export const workerBeatOf = (
  shell: WorkerShell,
  { name, slots, startedAt }: BeatingWorker,
): WorkerBeatBody => ({
  service: shell.service,
  worker: name,
  startedAt,
  tasks: [...shell.tasks.keys()],
  slots,
  running: shell.stats.running,
  busy: { ...shell.busy },
  overdue: { ...shell.overdue },
  timings: shell.timings.list(),
  time: shell.clock.now(),
});

/** Says it now and every two seconds, until stopped; and tells when another one says its name. */
export const startBeating = (shell: WorkerShell, name: string, slots: Slots): Stoppable => {
  const { ports, service, clock, log } = shell;
  const worker = { name, slots, startedAt: clock.now() };
  const subject = ports.subjects.workerBeat(service, name);
  const beat = (): void => {
    try {
      ports.bus.publish(subject, encodeJson(workerBeatOf(shell, worker)));
    } catch (error) {
      log('debug', 'A heartbeat could not be sent', errorFields(error));
    }
  };
  let isTwinKnown = false;
  const twin = ports.bus.subscribe(subject, ({ body }) => {
    if (isTwinKnown || decodeBody(body)['startedAt'] === worker.startedAt) return;
    isTwinKnown = true;
    log('error', `Another worker of ${service} is called ${name}: a name must be unique`, {
      repair: 'startWorker({ name }), or no name, which makes one',
    });
  });
  beat();
  const beats = clock.every(BEAT_MS, beat);
  return {
    stop: () => {
      beats.stop();
      twin.stop();
    },
  };
};

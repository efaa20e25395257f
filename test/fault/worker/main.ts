// A worker of the fault suite, in a process of its own.
import { connect, openPorts } from '@pawl/jetstream';
import { startWorker } from '@pawl/worker';
import type { WorkerSettings } from '../child-settings.ts';
import { castOf } from '../casts.ts';
import { runChild } from '../run-child.ts';
import { faultyPorts } from '../worker-faults.ts';

runChild<WorkerSettings>(async ({ servers, name, cast, cloud, pollMs, ackWaitMs, faults = {} }) => {
  const connection = await connect({ servers, name, connectTimeoutMs: 30_000 });
  const opened = openPorts(connection, {
    ...(ackWaitMs !== undefined && { commandAckWaitMs: ackWaitMs }),
  });
  const played = castOf(cast);
  const worker = await startWorker({
    ports: faultyPorts(opened, faults),
    service: played.service,
    tasks: played.tasksOf(cloud, pollMs),
    name,
    log: (level, message, fields) => {
      if (level !== 'debug')
        console.log(new Date().toISOString(), name, level, message, JSON.stringify(fields ?? {}));
    },
  });
  return async () => {
    await worker.stop({ graceMs: 2_000 });
    await connection.drain();
  };
});

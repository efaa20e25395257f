// A worker process of the demo: the calls to the cloud happen here, and the credentials are here.
import { clientsOf, openstackTasks } from '@pawl/openstack';
import { connect, startWorker } from 'pawl';
import type { WorkerSettings } from '../child-settings.ts';
import { runChild } from '../run-child.ts';

runChild<WorkerSettings>(async ({ server, name, cloud }) => {
  const connection = await connect({ servers: server, name });
  const worker = await startWorker({
    connection,
    service: 'openstack',
    tasks: openstackTasks({ clients: clientsOf({ default: cloud }) }),
  });
  return async () => {
    await worker.stop({ graceMs: 2_000 });
    await connection.drain();
  };
});

// Pawl's worker as a user writes it: its task returns a small result at once.
import { connect, startWorker, task } from 'pawl';
import { provisionStep } from './resource.machine.ts';
import { serveRole, trafficOf } from './role.ts';
import { SERVICE } from './subject-names.ts';

/** More than the commands under way, so that the broker never waits for a free slot. */
const SLOTS = 500;

serveRole(async ({ url }) => {
  const connection = await connect({ servers: url });
  const worker = await startWorker({
    connection,
    service: SERVICE,
    slots: { regular: SLOTS },
    tasks: [task(provisionStep, ({ name, step }) => ({ backendId: `backend-${name}-${step}` }))],
  });
  return {
    traffic: () => trafficOf(connection.nats.stats()),
    stop: async () => {
      await worker.stop();
      await connection.drain();
    },
  };
});

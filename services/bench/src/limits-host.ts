// The host of the bench of limits: its limit is an actor like any other.
import { connect, startHost } from 'pawl';
import { serveRole, trafficOf } from './role.ts';
import { SERVICE } from './subject-names.ts';
import { ticket } from './ticket.machine.ts';

serveRole(async ({ url }) => {
  const connection = await connect({ servers: url });
  const host = await startHost({ connection, service: SERVICE, machines: { ticket } });
  return {
    traffic: () => trafficOf(connection.nats.stats()),
    stop: async () => {
      await host.stop();
      await connection.drain();
    },
  };
});

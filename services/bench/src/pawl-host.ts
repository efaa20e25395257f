// Pawl's host as a user writes it.
import { connect, startHost } from 'pawl';
import { resource } from './resource.machine.ts';
import { serveRole, trafficOf } from './role.ts';
import { SERVICE } from './subject-names.ts';

serveRole(async ({ url }) => {
  const connection = await connect({ servers: url });
  const host = await startHost({ connection, service: SERVICE, machines: { resource } });
  return {
    traffic: () => trafficOf(connection.nats.stats()),
    stop: async () => {
      await host.stop();
      await connection.drain();
    },
  };
});

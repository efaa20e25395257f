// The host process of the demo: the machines of service `openstack` live here.
import { instance, volume } from '@pawl/openstack';
import { connect, startHost } from 'pawl';
import type { HostSettings } from '../child-settings.ts';
import { runChild } from '../run-child.ts';

runChild<HostSettings>(async ({ server, name }) => {
  const connection = await connect({ servers: server, name });
  const host = await startHost({
    connection,
    service: 'openstack',
    machines: { instance, volume },
    name,
  });
  return async () => {
    await host.stop();
    await connection.drain();
  };
});

// A start on a cluster that has lost its majority: it waits for the leaders and then goes on.
import { freePort } from '@pawl/testing';
import { startNatsServer } from '@pawl/nats-server';
import { waitInRealTime } from '@pawl/testing/contracts';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect, provision, startHost, startWorker } from 'pawl';
import { tasks, volume } from '../../packages/pawl/test/volume.machine.ts';

const test = suite('leaderless start');

test('connect, startHost and startWorker outlast an election', async () => {
  const routes = await Promise.all([freePort(), freePort(), freePort()]);
  const servers = await Promise.all(
    routes.map((port, index) =>
      startNatsServer({ name: `node-${index}`, cluster: { name: 'three', port, routes } }),
    ),
  );
  const [first, ...others] = servers;
  assert.ok(first !== undefined);
  const before = await connect({ servers: first.url });
  await waitInRealTime(
    () =>
      provision(before, { partitions: 2, replicas: 3 }).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 60_000 },
  );
  await before.close();
  await Promise.all(others.map((server) => server.kill()));
  const connecting = connect({ servers: first.url }).then(async (connection) => {
    const options = { connection, service: 'storage' };
    const host = await startHost({ ...options, machines: { volume } });
    const worker = await startWorker({ ...options, tasks });
    return { connection, host, worker };
  });
  await Promise.all(others.map((server) => server.restart()));
  const { connection, host, worker } = await connecting;
  await worker.stop();
  await host.stop();
  await connection.close();
  await Promise.all(servers.map((server) => server.stop()));
});

test.run();

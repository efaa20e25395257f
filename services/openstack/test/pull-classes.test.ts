// The same pull on a real server: regular when a user asks, background when a schedule does.
import { startOpenStackSimulator, type OpenStackSimulator } from '@pawl/openstack-simulator';
import { connect, openClient, portsOf, startHost, startNatsServer, startWorker } from 'pawl';
import type { ActorHandle, Client, Connection, Host, Worker } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clientsOf, instance, openstackTasks, pullSchedules, volume } from '../src/index.ts';

const test = suite('pull classes');
const VOLUMES = 20;

let stopServer: () => Promise<void>;
let connection: Connection;
let simulator: OpenStackSimulator;
let host: Host;
let worker: Worker;
let client: Client;
let volumes: ActorHandle<typeof volume>[];

/** Subjects that pass while `work` goes on. */
const heard = async (pattern: string, work: () => Promise<unknown>): Promise<string[]> => {
  const { bus } = portsOf({ connection });
  const subjects: string[] = [];
  const listening = bus.subscribe(pattern, ({ subject }) => {
    subjects.push(subject);
  });
  await bus.flush();
  await work();
  await bus.flush();
  listening.stop();
  return subjects;
};

const pulled = (one: ActorHandle<typeof volume>): Promise<unknown> =>
  one.waitFor(({ context }) => !context.isPulling);

/** As a schedule sends it. */
const BACKGROUND = { class: 'background' } as const;

test.before(async () => {
  const server = await startNatsServer();
  stopServer = () => server.stop();
  connection = await connect({ servers: server.url });
  simulator = await startOpenStackSimulator({
    durations: { createVolumeMs: 20, deleteVolumeMs: 20, jitter: 0 },
  });
  const { identityUrl: authUrl, username, password, projectName } = simulator;
  const service = 'openstack';
  host = await startHost({
    connection,
    service,
    machines: { volume, instance },
    topology: { partitions: 2 },
    schedules: pullSchedules('1h'),
  });
  const clients = clientsOf({ default: { authUrl, username, password, projectName } });
  worker = await startWorker({ connection, service, tasks: openstackTasks({ clients }) });
  client = openClient({ connection });
  volumes = Array.from({ length: VOLUMES }, (_, n) => client.actor(volume, `vol-${n}`));
  await Promise.all(
    volumes.map(async (one) => {
      await one.create({ id: one.id, sizeGiB: 1 });
      await one.waitFor((state) => state.matches('ok'));
    }),
  );
});

test.after(async () => {
  await client.close();
  await worker.stop();
  await host.stop();
  await simulator.stop();
  await connection.close();
  await stopServer();
});

test('a user’s pull is on regular, a schedule’s on background', async () => {
  const [one] = volumes;
  if (one === undefined) throw new Error('There is no volume.');
  const pattern = 'pawl.command.*.openstack.pull-volume.>';
  const byUser = await heard(pattern, async () => {
    await one.send({ type: 'PULL' });
    await pulled(one);
  });
  const bySchedule = await heard(pattern, async () => {
    await one.send({ type: 'PULL' }, BACKGROUND);
    await pulled(one);
  });
  const classOf = (subjects: readonly string[]): unknown[] =>
    subjects.map((subject) => subject.split('.')[2]);
  assert.equal(classOf(byUser), ['regular']);
  assert.equal(classOf(bySchedule), ['background']);
  const state = await one.load();
  assert.is(state.context.runtimeState, 'available');
});

test('a pull of each volume that finds nothing new is two entries each', async () => {
  await Promise.all(
    volumes.map(async (one) => {
      await one.send({ type: 'PULL' }, BACKGROUND);
      await pulled(one);
    }),
  );
  const entries = await heard('pawl.live.volume.>', async () => {
    await Promise.all(
      volumes.map(async (one) => {
        await one.send({ type: 'PULL' }, BACKGROUND);
        await pulled(one);
      }),
    );
  });
  const kinds = entries.map((subject) => subject.split('.').at(-1));
  assert.is(kinds.filter((kind) => kind === 'event').length, VOLUMES);
  assert.is(kinds.filter((kind) => kind === 'reply-openstack').length, VOLUMES);
  assert.is(kinds.length, 2 * VOLUMES);
});

test('a tick of the schedule pulls each volume once, on background', async () => {
  const ticked = client.actor('schedule', 'pull-volumes');
  const commands = await heard('pawl.command.*.openstack.pull-volume.>', async () => {
    const before = await Promise.all(volumes.map((one) => one.load()));
    await ticked.send({ type: 'RUN' });
    await Promise.all(
      volumes.map((one, index) =>
        one.waitFor(
          ({ context: { lastPull } }) =>
            lastPull !== undefined &&
            lastPull.endedAt > (before[index]?.context.lastPull?.endedAt ?? 0),
        ),
      ),
    );
  });
  assert.is(commands.length, VOLUMES);
  assert.ok(commands.every((subject) => subject.split('.')[2] === 'background'));
});

test('a volume that somebody deleted in the cloud is erred, and says so', async () => {
  const [one] = volumes;
  if (one === undefined) throw new Error('There is no volume.');
  const { backendId = '' } = (await one.load()).context;
  const { identityUrl: authUrl, username, password, projectName } = simulator;
  const clients = clientsOf({ default: { authUrl, username, password, projectName } });
  await clients('default').deleteVolume(backendId);
  await one.send({ type: 'PULL' }, BACKGROUND);
  await one.waitFor((state) => !state.context.isPulling);
  // It may have been still deleting: what a schedule would do again.
  while (!(await one.load()).matches('erred')) {
    await one.send({ type: 'PULL' }, BACKGROUND);
    await pulled(one);
  }
  const { context } = await one.load();
  assert.is(context.error?.code, 'volume-missing');
  assert.match(context.error?.message ?? '', backendId);
});

test.run();

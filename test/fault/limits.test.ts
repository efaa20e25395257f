// Limits end to end: a real nats-server, hosts that are killed, and a cloud that counts for itself.
// Time limit: 180 s
import { provisionScope, type instance } from '@pawl/openstack';
import { startOpenStackSimulator, type OpenStackSimulator } from '@pawl/openstack-simulator';
import { openClient, openOperator, PawlError, systemClock } from 'pawl';
import type { ActorHandle, Client, Connection, Operator } from 'pawl';
import { limitAddress } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startBroker } from './broker.ts';
import { createCrew, type Crew } from './fleet.ts';
import { limitFaults } from './limit-faults.ts';
import { until } from './until.ts';

const test = suite('limits, end to end');

const INSTANCES = 50;
const VOLUMES = 2;
const LIMIT = 4;
const RAISED = 8;
const RAISED_MAX_MS = 1_000;
const TRIES_MAX = 3;
const BUILD_MS = 2_000;
const DURATIONS = { buildMs: BUILD_MS, deleteVolumeMs: 50, jitter: 0 };
const SCOPES = (['instance', 'volume'] as const).map((kind) => provisionScope('default', kind));

type Instance = ActorHandle<typeof instance>;

interface Installation {
  readonly cloud: OpenStackSimulator;
  readonly connection: Connection;
  readonly client: Client;
  readonly operator: Operator;
  readonly hosts: Crew;
  stop(): Promise<void>;
}

const openInstallation = async (createVolumeMs: number): Promise<Installation> => {
  const durations = { ...DURATIONS, createVolumeMs };
  const cloud = await startOpenStackSimulator({ durations });
  const { identityUrl: authUrl, username, password, projectName } = cloud;
  const broker = await startBroker({ nodes: 1, partitions: 4 });
  const connection = await broker.open('client');
  const bound = { servers: broker.servers, cast: 'openstack' };
  const hosts = createCrew({ kind: 'host', settings: (name) => ({ ...bound, name }) });
  const settings = { authUrl, username, password, projectName };
  const workers = createCrew({
    kind: 'worker',
    settings: (name) => ({ ...bound, name, cloud: settings, pollMs: 50 }),
    hasSpare: false,
  });
  await Promise.all([hosts.add(), workers.add()]);
  await hosts.add();
  const client = openClient({ connection });
  const operator = openOperator({ connection, by: 'test' });
  return {
    cloud,
    connection,
    client,
    operator,
    hosts,
    stop: async () => {
      await operator.close();
      await client.close();
      await Promise.all([hosts.stop(), workers.stop()]);
      await broker.stop();
      await cloud.stop();
    },
  };
};

const inputOf = (id: string, volumes: number) => ({
  id,
  flavor: 'm1.small',
  image: 'debian-12-generic-amd64',
  volumes: Array.from({ length: volumes }, () => ({ sizeGiB: 1 })),
});

/** The same create until it is answered: its host may just be killed. */
const create = async (handle: Instance, volumes: number): Promise<void> => {
  for (;;)
    try {
      await handle.create(inputOf(handle.id, volumes), { id: handle.id, ifExists: 'return' });
      return;
    } catch (error) {
      if (!(error instanceof PawlError) || !error.retryable) throw error;
    }
};

/** Kills a host that holds something, and starts another one. */
const killHost = async (hosts: Crew): Promise<void> => {
  const [victim] = hosts.members;
  assert.ok(victim);
  await victim.kill();
  await hosts.replace(victim);
};

const peaksOf = (cloud: OpenStackSimulator): readonly number[] => {
  const { servers, volumes } = cloud.provisioning();
  return [servers.peak, volumes.peak];
};

/** Servers that are being built, each with what it still takes, ms. */
const remaining = (cloud: OpenStackSimulator): readonly number[] => {
  const now = systemClock.now();
  return cloud
    .ledger({ operation: 'create-server' })
    .filter(({ applied }) => applied)
    .map(({ at }) => Date.parse(at) + BUILD_MS - now)
    .filter((ms) => ms > 0);
};

/**
 * Lets four begin at about the same time, so that all of them are being built while others come on
 * top: lowers the limit, which takes nobody's place away, until one is left, and sets it back.
 */
const align = async ({ cloud, operator }: Installation): Promise<void> => {
  const [scope = ''] = SCOPES;
  await operator.limits.setCapacity(scope, 1);
  await until('one is left, and nearly done', 30_000, async () => {
    const { held } = await operator.limits.load(scope);
    const [left = Infinity, ...others] = remaining(cloud);
    return held === 1 && others.length === 0 && left < BUILD_MS / 4;
  });
  if (cloud.provisioning().servers.peak > LIMIT) cloud.clearProvisioning();
  await operator.limits.setCapacity(scope, LIMIT);
  await until('four servers have begun', 30_000, () => remaining(cloud).length === LIMIT);
};

const setBoth = async ({ operator }: Installation, capacity: number): Promise<void> => {
  for (const scope of SCOPES) await operator.limits.setCapacity(scope, capacity);
};

/**
 * Raises the limits as `pawl limits set` does; how long it took until the cloud made eight, ms. A
 * machine that is busy with other things gets three tries: four must still be built when the next
 * four begin.
 */
const raise = async (installation: Installation): Promise<readonly number[]> => {
  const { cloud } = installation;
  const took: number[] = [];
  for (;;) {
    await align(installation);
    assert.is(cloud.provisioning().servers.peak, LIMIT, 'before the raise');
    const raisedAt = systemClock.now();
    await setBoth(installation, RAISED);
    await until('eight at a time', 10_000, () => cloud.provisioning().servers.peak >= RAISED);
    const ms = Date.parse(cloud.provisioning().servers.peakAt ?? '') - raisedAt;
    took.push(ms);
    if (ms <= RAISED_MAX_MS || took.length === TRIES_MAX) return took;
    await setBoth(installation, LIMIT);
  }
};

/** Who asked for a permit, and who was granted one: each once, in the order of the journal. */
const queueOf = async (
  client: Client,
  scope: string,
): Promise<{ readonly asked: string[]; readonly granted: string[]; readonly entries: number }> => {
  const { type, id } = limitAddress(scope);
  const asked = new Set<string>();
  const granted = new Set<string>();
  const entries = await client.actor(type, id).history();
  for (const { event, by = '', effects } of entries) {
    if (event === 'pawl.acquire') asked.add(by);
    for (const effect of effects)
      if (effect.kind === 'peer' && effect.event.type === 'pawl.granted')
        granted.add(`${effect.to.type}/${effect.to.id}`);
  }
  return { asked: [...asked], granted: [...granted], entries: entries.length };
};

test('fifty instances under four, raised to eight, hosts killed: exactly so many at a time', async () => {
  const installation = await openInstallation(300);
  const { cloud, connection, client, hosts } = installation;
  const startedAt = performance.now();
  const marks: string[] = [];
  const mark = (what: string): void =>
    void marks.push(`${what} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  try {
    const ids = Array.from({ length: INSTANCES }, (_, index) => `vm-${index + 1}`);
    let settled = 0;
    const makeOne = async (id: string): Promise<unknown> => {
      const handle: Instance = client.actor('instance', id);
      await create(handle, VOLUMES);
      const { value } = await handle.waitFor((state) => state.hasTag('settled'), {
        timeoutMs: 120_000,
      });
      settled += 1;
      return value;
    };
    const all = Promise.all(ids.map(makeOne));
    all.catch(() => undefined); // Awaited below.
    const some = (count: number): Promise<void> =>
      until(`${count} have settled`, 90_000, () => settled >= count);
    await some(LIMIT);
    await killHost(hosts);
    mark('first host killed by');
    await some(2 * LIMIT);
    assert.equal([LIMIT, LIMIT], peaksOf(cloud), 'before the raise');
    const raisedMs = await raise(installation);
    mark('raised by');
    await killHost(hosts);
    mark('second host killed by');
    const values = await all;
    mark('all by');
    const { servers, volumes } = cloud.provisioning();
    console.log(
      `\n  peaks ${servers.peak} servers, ${volumes.peak} volumes; eight servers ${raisedMs.join(', ')} ms ` +
        `after the raise; ${marks.join(', ')}`,
    );
    assert.equal([...new Set(values)], ['ok']);
    assert.is(servers.peak, RAISED);
    assert.ok(volumes.peak > LIMIT && volumes.peak <= RAISED, `${volumes.peak} volumes`);
    assert.ok((raisedMs.at(-1) ?? NaN) <= RAISED_MAX_MS, `${raisedMs.join()} ms after the raise`);
    assert.is(cloud.resources().servers.length, INSTANCES);
    assert.is(cloud.resources().volumes.length, INSTANCES * VOLUMES, 'each made once');
    for (const [index, scope] of SCOPES.entries()) {
      const { asked, granted, entries } = await queueOf(client, scope);
      console.log(`  ${scope}: ${asked.length} asked, ${entries} entries`);
      assert.equal(granted, asked, `${scope}: granted in the order of the requests`);
      assert.is(asked.length, index === 0 ? INSTANCES : INSTANCES * VOLUMES);
    }
    assert.equal(await limitFaults(connection), []);
  } finally {
    await installation.stop();
  }
});

test('an instance with six volumes gets through four places', async () => {
  const installation = await openInstallation(1_500);
  const { cloud, connection, client } = installation;
  try {
    const handle: Instance = client.actor('instance', 'vm-1');
    await create(handle, 6);
    const { value } = await handle.waitFor((state) => state.hasTag('settled'));
    assert.is(value, 'ok');
    assert.equal(peaksOf(cloud), [1, LIMIT]);
    assert.equal(await limitFaults(connection), []);
  } finally {
    await installation.stop();
  }
});

test.run();

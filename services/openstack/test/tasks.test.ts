// The tasks against the simulator: nothing is made twice, nothing is left, failures have names.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IMAGE, openCloud, thrownBy } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('tasks');
const NAME = 'pawl-vol-1';
const VM = { type: 'instance', id: 'vm-1' };
const HELD = { name: NAME, sizeGiB: 5 };

test.before.each(async (context) => {
  context.cloud = await openCloud();
});
test.after.each(({ cloud }) => cloud.simulator.stop());

const makeVolume = async (cloud: Cloud, input: object = HELD): Promise<string> => {
  const { backendId } = (await cloud.run('create-volume', input)) as { backendId: string };
  return backendId;
};

const bootServer = async (cloud: Cloud, volumes?: string[]): Promise<string> => {
  const ids = volumes ?? [await makeVolume(cloud, { ...HELD, image: IMAGE })];
  cloud.advance(100);
  const input = { name: 'pawl-vm-1', displayName: 'web', flavor: 'm1.small', volumes: ids };
  const output = (await cloud.run('create-server', input, { actor: VM })) as { serverId: string };
  return output.serverId;
};

const statusOf = (pending: unknown): unknown =>
  (pending as { details?: { status?: unknown } }).details?.status;

test('a create that is run twice makes one volume and one server', async ({ cloud }) => {
  const first = await makeVolume(cloud);
  assert.is(await makeVolume(cloud), first);
  const server = await bootServer(cloud, [first]);
  assert.is(await bootServer(cloud, [first]), server);
  const { servers, volumes } = cloud.simulator.resources();
  assert.equal([servers.length, volumes.length], [1, 1]);
  assert.equal(servers[0]?.metadata, {
    pawl_actor: 'instance/vm-1',
    pawl_key: 'first',
    pawl_name: 'web',
  });
});

test('a create whose answer was lost is found by the next attempt', async ({ cloud }) => {
  for (const operation of ['create-volume', 'create-server'] as const)
    cloud.simulator.failWhen({
      operation,
      nth: 1,
      failure: { kind: 'answer', status: 503, applied: true },
    });
  const lost = await thrownBy(makeVolume(cloud));
  assert.equal([lost.code, lost.retryable], ['cloud-unavailable', true]);
  const volume = await makeVolume(cloud);
  assert.is((await thrownBy(bootServer(cloud, [volume]))).code, 'cloud-unavailable');
  const server = await bootServer(cloud, [volume]);
  const { servers, volumes } = cloud.simulator.resources();
  assert.equal([servers.map(({ id }) => id), volumes.map(({ id }) => id)], [[server], [volume]]);
});

test("a name that is another's is left alone", async ({ cloud }) => {
  const { id } = await cloud.client.createVolume({ name: NAME, sizeGiB: 1, metadata: {} });
  const foreign = await thrownBy(makeVolume(cloud));
  assert.equal([foreign.code, foreign.retryable], ['name-taken', false]);
  assert.match(foreign.message, id);
  cloud.advance(100);
  assert.equal(await cloud.run('delete-volume', { name: NAME }), {});
  assert.equal(
    cloud.simulator.resources().volumes.map((volume) => volume.id),
    [id],
  );
});

test('what an earlier operation of the actor has left is in the way', async ({ cloud }) => {
  await makeVolume(cloud);
  const later = await thrownBy(cloud.run('create-volume', HELD, { key: 'second' }));
  assert.is(later.code, 'name-taken');
  assert.match(later.message, 'left by an earlier operation of volume/vol-1');
});

test('waiting: pending until available, then done', async ({ cloud }) => {
  const backendId = await makeVolume(cloud);
  const first = await cloud.run('wait-volume', { backendId });
  assert.is(statusOf(first), 'creating');
  const { details: lastDetails, afterMs } = first as { details: unknown; afterMs: number };
  const second = await cloud.run('wait-volume', { backendId }, { lastDetails });
  assert.ok((second as { afterMs: number }).afterMs > afterMs, 'asks less often with time');
  cloud.advance(100);
  assert.equal(await cloud.run('wait-volume', { backendId }), { status: 'available' });
});

test('a volume that was made twice by one create is there once in the end', async ({ cloud }) => {
  const backendId = await makeVolume(cloud);
  const metadata = { pawl_actor: 'volume/vol-1', pawl_key: 'first' };
  const twin = await cloud.client.createVolume({ name: NAME, sizeGiB: 1, metadata });
  const other = await cloud.client.createVolume({ name: NAME, sizeGiB: 1, metadata: {} });
  cloud.advance(100);
  const late = await cloud.client.createVolume({ name: NAME, sizeGiB: 1, metadata });
  assert.is(statusOf(await cloud.run('wait-volume', { backendId })), 'creating', 'the late one');
  cloud.advance(100);
  assert.equal(await cloud.run('wait-volume', { backendId }), { status: 'available' });
  cloud.advance(20);
  const left = cloud.simulator.resources().volumes.map(({ id }) => id);
  assert.equal(left, [backendId, other.id], 'what is not ours stays');
  assert.ok(![twin.id, late.id].some((id) => left.includes(id)));
});

test('a volume in error, in use or gone fails its wait at once', async ({ cloud }) => {
  const held = await makeVolume(cloud);
  await bootServer(cloud, [held]);
  cloud.simulator.failWhen({ operation: 'create-volume', failure: { kind: 'error-state' } });
  const broken = await cloud.client.createVolume({ name: 'x', sizeGiB: 1, metadata: {} });
  cloud.advance(100);
  for (const [backendId, code] of [
    [broken.id, 'volume-error'],
    [held, 'volume-status-unexpected'],
    ['nothing', 'volume-gone'],
  ]) {
    const failure = (await cloud.run('wait-volume', { backendId })) as Record<string, unknown>;
    assert.equal([failure['code'], failure['retryable']], [code, false]);
  }
});

test('a server: BUILD, ACTIVE; ERROR says why in the words of Nova', async ({ cloud }) => {
  const serverId = await bootServer(cloud);
  assert.is(statusOf(await cloud.run('wait-server', { serverId })), 'BUILD');
  cloud.advance(1_000);
  assert.equal(await cloud.run('wait-server', { serverId }), { status: 'ACTIVE' });

  cloud.simulator.failWhen({
    operation: 'create-server',
    failure: { kind: 'error-state', message: 'No valid host was found.' },
  });
  const volume = await cloud.client.createVolume({ name: 'x', sizeGiB: 1, metadata: {} });
  cloud.advance(100);
  const volumeIds = [volume.id];
  const wish = { name: 'x', flavorId: '1', volumeIds, metadata: {} };
  const broken = await cloud.client.createServer(wish);
  cloud.advance(1_000);
  const failure = (await cloud.run('wait-server', { serverId: broken })) as Error & {
    code: string;
    retryable: boolean;
  };
  assert.equal(
    [failure.code, failure.retryable, failure.message],
    ['server-error', false, 'No valid host was found.'],
  );
});

test('deletion waits until the cloud takes it; nothing there is a success', async ({ cloud }) => {
  const backendId = await makeVolume(cloud);
  const target = { name: NAME, backendId };
  assert.is(statusOf(await cloud.run('delete-volume', target)), 'creating');
  const serverId = await bootServer(cloud, [backendId]);
  assert.is(statusOf(await cloud.run('delete-volume', target)), 'in-use');

  const server = { name: 'pawl-vm-1', serverId };
  assert.equal(await cloud.run('delete-server', server, { actor: VM }), {});
  assert.is(statusOf(await cloud.run('wait-server-gone', server, { actor: VM })), 'deleting');
  cloud.advance(50);
  assert.equal(await cloud.run('wait-server-gone', server, { actor: VM }), {});
  assert.equal(await cloud.run('delete-server', server, { actor: VM }), {});

  assert.equal(await cloud.run('delete-volume', target), {});
  assert.is(statusOf(await cloud.run('wait-volume-gone', target)), 'deleting');
  assert.equal(await cloud.run('delete-volume', target), {});
  cloud.advance(20);
  assert.equal(await cloud.run('wait-volume-gone', target), {});
  assert.equal(cloud.simulator.resources(), { servers: [], volumes: [] });
  assert.is(cloud.simulator.ledger({ operation: 'delete-volume' }).length, 1);
  assert.is(cloud.simulator.ledger({ operation: 'delete-server' }).length, 1);
});

test('what was made and never told is deleted by its name', async ({ cloud }) => {
  await bootServer(cloud);
  assert.equal(await cloud.run('delete-server', { name: 'pawl-vm-1' }, { actor: VM }), {});
  cloud.advance(50);
  assert.equal(await cloud.run('delete-volume', { name: NAME }), {});
  cloud.advance(20);
  assert.equal(cloud.simulator.resources(), { servers: [], volumes: [] });
});

test('a deletion that the cloud fails is an error, and can be repeated', async ({ cloud }) => {
  const serverId = await bootServer(cloud);
  cloud.advance(1_000);
  for (const operation of ['delete-server', 'delete-volume'] as const)
    cloud.simulator.failWhen({ operation, nth: 1, failure: { kind: 'error-state' } });
  const server = { name: 'pawl-vm-1', serverId };
  await cloud.run('delete-server', server, { actor: VM });
  cloud.advance(50);
  const left = await cloud.run('wait-server-gone', server, { actor: VM });
  assert.is((left as { code?: unknown }).code, 'server-not-deleted');
  await cloud.run('delete-server', server, { actor: VM });
  cloud.advance(50);
  assert.equal(await cloud.run('wait-server-gone', server, { actor: VM }), {});

  await cloud.run('delete-volume', { name: NAME });
  cloud.advance(20);
  const stuck = await cloud.run('wait-volume-gone', { name: NAME });
  assert.is((stuck as { code?: unknown }).code, 'volume-not-deleted');
  await cloud.run('delete-volume', { name: NAME });
  cloud.advance(20);
  assert.equal(await cloud.run('wait-volume-gone', { name: NAME }), {});
});

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

test('a pull tells what the cloud says of a volume and a server, and misses what is gone', async ({
  cloud,
}) => {
  const backendId = await makeVolume(cloud);
  const pullVolume = (input: object): Promise<unknown> =>
    cloud.run('pull-volume', { name: NAME, ...input });
  assert.equal(await pullVolume({}), { backendId, status: 'creating', sizeGiB: 5 });
  cloud.advance(200);
  assert.equal(await pullVolume({ backendId }), { backendId, status: 'available', sizeGiB: 5 });
  await cloud.client.deleteVolume(backendId);
  cloud.advance(200);
  const missing = (await pullVolume({ backendId })) as Failure;
  assert.equal([missing.code, missing.retryable], ['volume-missing', false]);
  assert.match(missing.message, backendId);

  const serverId = await bootServer(cloud);
  cloud.advance(2_000);
  const pullServer = (): Promise<unknown> =>
    cloud.run('pull-server', { name: 'pawl-vm-1', serverId }, { actor: VM });
  assert.equal(await pullServer(), { serverId, status: 'ACTIVE' });
  await cloud.client.deleteServer(serverId);
  cloud.advance(2_000);
  assert.is(((await pullServer()) as Failure).code, 'server-missing');
});

test.run();

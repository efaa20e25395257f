// Nova: the life of a server, the volumes it holds, and what it refuses.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IMAGE_ID, SERVERS, at, openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('compute');

test.before.each(async (context) => {
  context.cloud = await openCloud();
});
test.after.each(({ cloud }) => cloud.simulator.stop());

const readyVolume = async (cloud: Cloud, name: string): Promise<string> => {
  const id = await cloud.createVolume(name);
  cloud.advance(100);
  return id;
};

const boot = (uuid: string, deletes: boolean): object => ({
  uuid,
  source_type: 'volume',
  destination_type: 'volume',
  boot_index: 0,
  delete_on_termination: deletes,
});

test('BUILD, ACTIVE, gone', async ({ cloud }) => {
  const volume = await readyVolume(cloud, 'root');
  const id = await cloud.bootServer('web-1', [volume]);
  assert.is(await cloud.statusOfServer(id), 'BUILD');
  cloud.advance(1_000);
  assert.is(await cloud.statusOfServer(id), 'ACTIVE');
  const deleted = await cloud.call('DELETE', `${SERVERS}/${id}`);
  assert.equal([deleted.status, deleted.text], [204, '']);
  const leaving = await cloud.call('GET', `${SERVERS}/${id}`);
  assert.is(at(leaving.json, 'server', 'status'), 'ACTIVE');
  assert.is(at(leaving.json, 'server', 'OS-EXT-STS:task_state'), 'deleting');
  assert.is((await cloud.call('DELETE', `${SERVERS}/${id}`)).status, 204);
  cloud.advance(50);
  const gone = await cloud.call('GET', `${SERVERS}/${id}`);
  assert.is(gone.status, 404);
  assert.equal(gone.json, {
    itemNotFound: { code: 404, message: `Instance ${id} could not be found.` },
  });
  assert.is((await cloud.call('DELETE', `${SERVERS}/${id}`)).status, 404);
});

test('the answer to a create leads to the server', async ({ cloud }) => {
  const server = { name: 'web-1', flavorRef: '2', imageRef: IMAGE_ID, adminPass: 'given' };
  const reply = await cloud.call('POST', SERVERS, { server });
  assert.is(reply.headers.get('location'), at(reply.json, 'server', 'links', 0, 'href'));
  assert.is(at(reply.json, 'server', 'adminPass'), 'given');
  const self = String(at(reply.json, 'server', 'links', 0, 'href'));
  const shown = await cloud.call('GET', self.slice(cloud.simulator.url.length));
  assert.is(at(shown.json, 'server', 'flavor', 'id'), '2');
  assert.is(at(shown.json, 'server', 'image', 'id'), IMAGE_ID);
  assert.is(at(shown.json, 'server', 'adminPass'), undefined);
});

test('a server deleted while it builds never becomes ACTIVE', async ({ cloud }) => {
  const volume = await readyVolume(cloud, 'root');
  const id = await cloud.bootServer('web-1', [volume]);
  cloud.advance(980);
  await cloud.call('DELETE', `${SERVERS}/${id}`);
  cloud.advance(40);
  assert.is(await cloud.statusOfServer(id), 'BUILD');
  cloud.advance(10);
  assert.is(await cloud.statusOfServer(id), 404);
});

test('volumes are in use while the server exists, then free or deleted', async ({ cloud }) => {
  const kept = await readyVolume(cloud, 'kept');
  const dropped = await readyVolume(cloud, 'dropped');
  const devices = [boot(kept, false), boot(dropped, true)];
  const id = await cloud.bootServer('web-1', [], { block_device_mapping_v2: devices });
  const shown = await cloud.call('GET', cloud.volumePath(kept));
  assert.is(at(shown.json, 'volume', 'status'), 'in-use');
  assert.is(at(shown.json, 'volume', 'attachments', 0, 'server_id'), id);
  assert.is(at(shown.json, 'volume', 'attachments', 0, 'device'), '/dev/vda');
  const server = await cloud.call('GET', `${SERVERS}/${id}`);
  assert.is(at(server.json, 'server', 'image'), '');
  assert.equal(at(server.json, 'server', 'os-extended-volumes:volumes_attached'), [
    { id: kept },
    { id: dropped },
  ]);
  assert.is((await cloud.call('DELETE', cloud.volumePath(kept))).status, 400);
  await cloud.call('DELETE', `${SERVERS}/${id}`);
  cloud.advance(49);
  assert.is(await cloud.statusOfVolume(kept), 'in-use');
  cloud.advance(1);
  assert.is(await cloud.statusOfVolume(kept), 'available');
  assert.is(await cloud.statusOfVolume(dropped), 'deleting');
  cloud.advance(20);
  assert.is(await cloud.statusOfVolume(dropped), 404);
  assert.is((await cloud.call('DELETE', cloud.volumePath(kept))).status, 202);
});

test('a volume that is not available refuses the server', async ({ cloud }) => {
  const early = await cloud.createVolume('early');
  const ask = (uuid: string): Promise<{ status: number; json: unknown }> =>
    cloud.call('POST', SERVERS, {
      server: { name: 'web-1', flavorRef: '1', block_device_mapping_v2: [boot(uuid, false)] },
    });
  assert.is((await ask(early)).status, 400);
  cloud.advance(100);
  assert.is((await ask(early)).status, 202);
  const taken = await ask(early);
  assert.is(taken.status, 400);
  assert.match(String(at(taken.json, 'badRequest', 'message')), 'in-use');
  assert.is((await ask('none')).status, 400);
  assert.is(cloud.simulator.resources().servers.length, 1);
});

test('Nova makes a volume from an image when asked to', async ({ cloud }) => {
  const device = {
    uuid: IMAGE_ID,
    source_type: 'image',
    destination_type: 'volume',
    boot_index: 0,
    volume_size: 5,
    delete_on_termination: true,
  };
  const id = await cloud.bootServer('web-1', [], { block_device_mapping_v2: [device] });
  const [volume] = cloud.simulator.resources().volumes;
  assert.equal([volume?.status, volume?.serverId, volume?.sizeGiB], ['in-use', id, 5]);
  await cloud.call('DELETE', `${SERVERS}/${id}`);
  cloud.advance(70);
  assert.equal(cloud.simulator.resources(), { servers: [], volumes: [] });
});

test('ERROR with a fault, and its deletion', async ({ cloud }) => {
  cloud.simulator.failWhen({
    operation: 'create-server',
    name: '^bad-',
    failure: { kind: 'error-state', message: 'No valid host was found.' },
  });
  const volume = await readyVolume(cloud, 'root');
  const bad = await cloud.bootServer('bad-1', [volume]);
  assert.is(await cloud.statusOfServer(bad), 'BUILD');
  cloud.advance(1_000);
  const { json } = await cloud.call('GET', `${SERVERS}/${bad}`);
  assert.is(at(json, 'server', 'status'), 'ERROR');
  assert.is(at(json, 'server', 'fault', 'code'), 500);
  assert.is(at(json, 'server', 'fault', 'message'), 'No valid host was found.');
  assert.is(at(json, 'server', 'fault', 'created'), '2026-01-01T00:00:01Z');
  assert.is(at(json, 'server', 'progress'), undefined);
  assert.is(await cloud.statusOfVolume(volume), 'in-use');
  await cloud.call('DELETE', `${SERVERS}/${bad}`);
  cloud.advance(50);
  assert.is(await cloud.statusOfServer(bad), 404);
  assert.is(await cloud.statusOfVolume(volume), 'available');
});

test('a deletion that fails leaves the server in ERROR until the next one', async ({ cloud }) => {
  cloud.simulator.failWhen({
    operation: 'delete-server',
    times: 1,
    failure: { kind: 'error-state' },
  });
  const volume = await readyVolume(cloud, 'root');
  const id = await cloud.bootServer('web-1', [volume]);
  cloud.advance(1_000);
  await cloud.call('DELETE', `${SERVERS}/${id}`);
  cloud.advance(50);
  assert.is(await cloud.statusOfServer(id), 'ERROR');
  assert.is(await cloud.statusOfVolume(volume), 'in-use');
  await cloud.call('DELETE', `${SERVERS}/${id}`);
  assert.is(await cloud.statusOfServer(id), 'ERROR');
  cloud.advance(50);
  assert.is(await cloud.statusOfServer(id), 404);
  assert.is(await cloud.statusOfVolume(volume), 'available');
});

test('the name filter is a regular expression, matched anywhere', async ({ cloud }) => {
  for (const name of ['web-1', 'web-10', 'db-1'])
    await cloud.call('POST', SERVERS, { server: { name, flavorRef: '1', imageRef: IMAGE_ID } });
  const namesOf = async (query: string): Promise<unknown> => {
    const { json } = await cloud.call('GET', `${SERVERS}/detail?${query}`);
    const list = at(json, 'servers');
    return Array.isArray(list) ? list.map((item: unknown) => at(item, 'name')) : json;
  };
  assert.equal(await namesOf('name=web-1'), ['web-10', 'web-1']);
  assert.equal(await namesOf(`name=${encodeURIComponent('^web-1$')}`), ['web-1']);
  assert.equal(await namesOf('status=active'), []);
  cloud.advance(1_000);
  assert.equal(await namesOf('status=ACTIVE&name=db'), ['db-1']);
  assert.is((await cloud.call('GET', `${SERVERS}?name=(`)).status, 400);
});

test('a bad request is 400 and makes nothing', async ({ cloud }) => {
  const good = { name: 'web-1', flavorRef: '1', imageRef: IMAGE_ID };
  const bad: object[] = [
    { ...good, name: undefined },
    { ...good, name: '' },
    { ...good, flavorRef: '99' },
    { ...good, imageRef: 'none' },
    { ...good, imageRef: undefined },
    { ...good, surprise: true },
    { ...good, metadata: { owner: 1 } },
    { ...good, min_count: 2 },
    { ...good, block_device_mapping_v2: {} },
  ];
  for (const server of bad) {
    const reply = await cloud.call('POST', SERVERS, { server });
    assert.is(reply.status, 400, JSON.stringify(server));
    assert.is(at(reply.json, 'badRequest', 'code'), 400);
  }
  assert.equal(cloud.simulator.resources().servers, []);
});

test('unknown paths, methods and microversions', async ({ cloud }) => {
  assert.is((await cloud.call('GET', '/compute/v2.1/nothing')).status, 404);
  const method = await cloud.call('PATCH', SERVERS);
  assert.equal(at(method.json, 'badMethod', 'code'), 405);
  const newer = { 'OpenStack-API-Version': 'compute 2.90' };
  const version = await cloud.call('GET', SERVERS, undefined, newer);
  assert.equal(at(version.json, 'computeFault', 'code'), 406);
  const latest = { 'X-OpenStack-Nova-API-Version': 'latest' };
  const plain = await cloud.call('GET', SERVERS, undefined, latest);
  assert.is(plain.headers.get('openstack-api-version'), 'compute 2.1');
  assert.match(plain.headers.get('x-openstack-request-id') ?? '', /^req-[0-9a-f-]{36}$/);
});

test.run();

// Cinder: the life of a volume, and what it refuses.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IMAGE_ID, at, openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('block storage');

test.before.each(async (context) => {
  context.cloud = await openCloud();
});
test.after.each(({ cloud }) => cloud.simulator.stop());

const idsIn = (json: unknown): unknown[] => {
  const list = at(json, 'volumes');
  return Array.isArray(list) ? list.map((item: unknown) => at(item, 'id')) : [];
};

test('creating, available, deleting, gone', async ({ cloud }) => {
  const id = await cloud.createVolume('disk');
  assert.is(await cloud.statusOfVolume(id), 'creating');
  cloud.advance(99);
  assert.is(await cloud.statusOfVolume(id), 'creating');
  cloud.advance(1);
  assert.is(await cloud.statusOfVolume(id), 'available');
  const deleted = await cloud.call('DELETE', cloud.volumePath(id));
  assert.equal([deleted.status, deleted.text], [202, '']);
  assert.is(await cloud.statusOfVolume(id), 'deleting');
  cloud.advance(20);
  const gone = await cloud.call('GET', cloud.volumePath(id));
  assert.is(gone.status, 404);
  assert.equal(gone.json, {
    itemNotFound: { code: 404, message: `Volume ${id} could not be found.` },
  });
  assert.is((await cloud.call('DELETE', cloud.volumePath(id))).status, 404);
  assert.equal(cloud.simulator.resources().volumes, []);
});

test('a volume is not deleted while it is creating or deleting', async ({ cloud }) => {
  const id = await cloud.createVolume('disk');
  const early = await cloud.call('DELETE', cloud.volumePath(id));
  assert.is(early.status, 400);
  assert.match(String(at(early.json, 'badRequest', 'message')), 'status must be available');
  cloud.advance(100);
  await cloud.call('DELETE', cloud.volumePath(id));
  assert.is((await cloud.call('DELETE', cloud.volumePath(id))).status, 400);
});

test('names are matched exactly and need not be unique', async ({ cloud }) => {
  const first = await cloud.createVolume('disk');
  const second = await cloud.createVolume('disk');
  await cloud.createVolume('disk-2');
  for (const below of ['', '/detail']) {
    const { json } = await cloud.call('GET', `${cloud.volumePath()}${below}?name=disk`);
    assert.equal(idsIn(json), [second, first]);
  }
  cloud.advance(100);
  await cloud.call('DELETE', cloud.volumePath(first));
  const { json } = await cloud.call('GET', `${cloud.volumePath()}?status=deleting`);
  assert.equal(idsIn(json), [first]);
});

test('pages follow their links to the end', async ({ cloud }) => {
  const ids: unknown[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) ids.unshift(await cloud.createVolume(name));
  const seen: unknown[] = [];
  let path: string | undefined = `${cloud.volumePath()}?limit=2`;
  let pages = 0;
  while (path !== undefined) {
    const { json } = await cloud.call('GET', path);
    seen.push(...idsIn(json));
    pages += 1;
    const next = at(json, 'volumes_links', 0, 'href');
    path = typeof next === 'string' ? next.slice(cloud.simulator.url.length) : undefined;
  }
  assert.equal([pages, seen], [3, ids]);
  assert.is((await cloud.call('GET', `${cloud.volumePath()}?marker=none`)).status, 400);
});

test('a bad request is 400 and makes nothing', async ({ cloud }) => {
  for (const body of [
    undefined,
    '{"volume":',
    '[]',
    { volume: {} },
    { volume: { size: 0 } },
    { volume: { size: 1.5 } },
    { volume: { size: 1, name: 7 } },
    { volume: { size: 1, metadata: { owner: 7 } } },
    { volume: { size: 1, imageRef: 'none' } },
  ]) {
    const reply = await cloud.call('POST', cloud.volumePath(), body);
    assert.is(reply.status, 400, JSON.stringify(body));
    assert.is(at(reply.json, 'badRequest', 'code'), 400);
  }
  assert.equal(cloud.simulator.resources().volumes, []);
});

test('another project in the path is 400', async ({ cloud }) => {
  const reply = await cloud.call('GET', '/volume/v3/other/volumes');
  assert.is(reply.status, 400);
  assert.is(at(reply.json, 'badRequest', 'message'), 'Malformed request url');
});

test('a volume made from an image is bootable once it is there', async ({ cloud }) => {
  const id = await cloud.createVolume('system', { imageRef: IMAGE_ID, size: '3' });
  cloud.advance(100);
  const { json } = await cloud.call('GET', cloud.volumePath(id));
  assert.is(at(json, 'volume', 'bootable'), 'true');
  assert.is(at(json, 'volume', 'size'), 3);
  assert.is(at(json, 'volume', 'updated_at'), '2026-01-01T00:00:00.100000');
});

test('error, error_deleting, and a forced deletion', async ({ cloud }) => {
  const { simulator } = cloud;
  simulator.failWhen({ operation: 'create-volume', failure: { kind: 'error-state' } });
  simulator.failWhen({ operation: 'delete-volume', failure: { kind: 'error-state' } });
  const id = await cloud.createVolume('disk');
  assert.is(await cloud.statusOfVolume(id), 'creating');
  cloud.advance(100);
  assert.is(await cloud.statusOfVolume(id), 'error');
  assert.is((await cloud.call('DELETE', cloud.volumePath(id))).status, 202);
  assert.is(await cloud.statusOfVolume(id), 'deleting');
  cloud.advance(20);
  assert.is(await cloud.statusOfVolume(id), 'error_deleting');
  assert.is((await cloud.call('DELETE', cloud.volumePath(id))).status, 400);
  const action = { 'os-force_delete': {} };
  const forced = await cloud.call('POST', `${cloud.volumePath(id)}/action`, action);
  assert.is(forced.status, 202);
  cloud.advance(20);
  assert.is(await cloud.statusOfVolume(id), 404);
});

test.run();

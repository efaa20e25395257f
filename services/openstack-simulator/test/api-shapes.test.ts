// Answers have exactly the keys and types of OpenStack's own API samples, recorded as shapes.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IMAGE_ID, SERVERS, at, openCloud } from './cloud.ts';

const SHAPES: unknown = JSON.parse(
  readFileSync(new URL('./fixtures/api-shapes.json', import.meta.url), 'utf8'),
);

/** The types of a value's leaves; a list becomes the distinct shapes of its items. */
const shapeOf = (value: unknown): unknown => {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const shapes = value.map(shapeOf);
    return shapes.filter(
      (shape, index) =>
        shapes.findIndex((other) => JSON.stringify(other) === JSON.stringify(shape)) === index,
    );
  }
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
  return typeof value;
};

const hasShape = (json: unknown, name: string): void => {
  const shape = at(SHAPES, name, 'shape');
  assert.ok(shape, `no sample named ${name}`);
  assert.equal(shapeOf(json), shape, name);
};

const test = suite('api shapes');

test('a token, as Keystone answers it', async () => {
  const cloud = await openCloud();
  try {
    const reply = await cloud.login();
    assert.is(reply.status, 201);
    hasShape(reply.json, 'token-create');
  } finally {
    await cloud.simulator.stop();
  }
});

test('volumes, as Cinder answers them', async () => {
  const cloud = await openCloud();
  try {
    const created = await cloud.call('POST', cloud.volumePath(), {
      volume: { size: 10, name: null, description: null, metadata: {} },
    });
    assert.is(created.status, 202);
    hasShape(created.json, 'volume-create');
    const id = String(at(created.json, 'volume', 'id'));
    const shown = await cloud.call('GET', cloud.volumePath(id));
    hasShape(shown.json, 'volume-show');
    hasShape((await cloud.call('GET', cloud.volumePath())).json, 'volumes-list');
    const detailed = await cloud.call('GET', `${cloud.volumePath()}/detail`);
    hasShape({ volume: at(detailed.json, 'volumes', 0) }, 'volume-show');
  } finally {
    await cloud.simulator.stop();
  }
});

test('servers, as Nova answers them', async () => {
  const cloud = await openCloud();
  try {
    const volumeIds = [await cloud.createVolume('a'), await cloud.createVolume('b')];
    cloud.advance(100);
    const plain = {
      name: 'new-server-test',
      flavorRef: '1',
      imageRef: IMAGE_ID,
      metadata: { 'My Server Name': 'Apache1' },
      accessIPv4: '1.2.3.4',
    };
    await cloud.call('POST', SERVERS, { server: plain });
    const devices = volumeIds.map((uuid) => ({
      uuid,
      source_type: 'volume',
      destination_type: 'volume',
      boot_index: -1,
    }));
    const created = await cloud.call('POST', SERVERS, {
      server: { ...plain, block_device_mapping_v2: devices },
    });
    assert.is(created.status, 202);
    hasShape(created.json, 'server-create');
    cloud.advance(1_000);
    const id = String(at(created.json, 'server', 'id'));
    hasShape((await cloud.call('GET', `${SERVERS}/${id}`)).json, 'server-get');
    // The newest comes first; the older one is on the next page, so the page has its link.
    hasShape((await cloud.call('GET', `${SERVERS}?limit=1`)).json, 'servers-list');
    hasShape((await cloud.call('GET', `${SERVERS}/detail?limit=1`)).json, 'servers-detail');
  } finally {
    await cloud.simulator.stop();
  }
});

test('flavors and images, as Nova and Glance answer them', async () => {
  const cloud = await openCloud();
  try {
    hasShape((await cloud.call('GET', '/compute/v2.1/flavors')).json, 'flavors-list');
    hasShape((await cloud.call('GET', '/compute/v2.1/flavors/detail')).json, 'flavors-detail');
    hasShape((await cloud.call('GET', '/compute/v2.1/flavors/1')).json, 'flavor-get');
    hasShape((await cloud.call('GET', '/image/v2/images')).json, 'images-list');
  } finally {
    await cloud.simulator.stop();
  }
});

test.run();

// The count of what is being made at a time, on a clock that the test moves.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite('provisioning');

const countsOf = ({ simulator }: Cloud): number[][] => {
  const { servers, volumes, total } = simulator.provisioning();
  return [servers, volumes, total].map(({ now, peak }) => [now, peak]);
};

test('counts now and at the peak, each kind for itself and together', async () => {
  const cloud = await openCloud();
  const { simulator } = cloud;
  try {
    assert.equal(countsOf(cloud), [
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    assert.is(simulator.provisioning().servers.peakAt, null);
    const ids = [await cloud.createVolume('a'), await cloud.createVolume('b')];
    assert.equal(countsOf(cloud), [
      [0, 0],
      [2, 2],
      [2, 2],
    ]);
    cloud.advance(99);
    await cloud.createVolume('c');
    assert.equal(countsOf(cloud)[1], [3, 3]);
    assert.is(simulator.provisioning().volumes.peakAt, '2026-01-01T00:00:00.099Z');
    cloud.advance(1); // a and b are available.
    await cloud.bootServer('web', ids);
    await cloud.createVolume('d');
    assert.equal(countsOf(cloud), [
      [1, 1],
      [2, 3],
      [3, 3],
    ]);
    await cloud.createVolume('e');
    assert.equal(countsOf(cloud), [
      [1, 1],
      [3, 3],
      [4, 4],
    ]);
    // Reached again: the first time stays.
    assert.is(simulator.provisioning().volumes.peakAt, '2026-01-01T00:00:00.099Z');
    cloud.advance(1_000);
    assert.equal(countsOf(cloud), [
      [0, 1],
      [0, 3],
      [0, 4],
    ]);
  } finally {
    await simulator.stop();
  }
});

test('what fails counts until it has failed; what is deleted counts no more', async () => {
  const cloud = await openCloud();
  const { simulator } = cloud;
  try {
    simulator.failWhen({ operation: 'create-server', failure: { kind: 'error-state' } });
    const disk = await cloud.createVolume('disk');
    cloud.advance(100);
    const server = await cloud.bootServer('bad', [disk]);
    assert.is(simulator.provisioning().servers.now, 1);
    cloud.advance(1_000);
    assert.is(simulator.provisioning().servers.now, 0);
    simulator.clearFailures();
    await cloud.call('DELETE', `/compute/v2.1/servers/${server}`);
    cloud.advance(50);
    const next = await cloud.bootServer('good', [disk]);
    assert.is(simulator.provisioning().servers.now, 1);
    await cloud.call('DELETE', `/compute/v2.1/servers/${next}`);
    assert.is(simulator.provisioning().servers.now, 0);
    assert.is(simulator.provisioning().servers.peak, 1);
  } finally {
    await simulator.stop();
  }
});

test('forgotten peaks begin with what is being made; over HTTP it is the same', async () => {
  const cloud = await openCloud();
  try {
    for (const name of ['a', 'b', 'c']) await cloud.createVolume(name);
    cloud.advance(50);
    await cloud.createVolume('d');
    cloud.advance(50); // Only d is still creating.
    const path = '/_simulator/provisioning';
    const { json } = await cloud.call('GET', path);
    assert.equal(json, cloud.simulator.provisioning());
    assert.is(cloud.simulator.provisioning().projectId, cloud.simulator.projectId);
    assert.equal(countsOf(cloud)[1], [1, 4]);
    assert.is((await cloud.call('DELETE', path)).status, 204);
    assert.equal(countsOf(cloud)[1], [1, 1]);
    cloud.simulator.clearProvisioning();
    assert.equal(countsOf(cloud)[1], [1, 1]);
  } finally {
    await cloud.simulator.stop();
  }
});

test.run();

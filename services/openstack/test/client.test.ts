// The client against the simulator: tokens, what is retryable, and ending a call early.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createOpenStackClient } from '../src/index.ts';
import { openCloud, thrownBy } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('client');

test.before.each(async (context) => {
  context.cloud = await openCloud();
});
test.after.each(({ cloud }) => cloud.simulator.stop());

const logins = ({ simulator }: Cloud): number =>
  simulator.ledger({ operation: 'create-token' }).length;

test('many calls at once log in once', async ({ cloud }) => {
  await Promise.all(['a', 'b', 'c'].map((name) => cloud.client.findVolumes(name)));
  assert.is(logins(cloud), 1);
});

test('a token that has ended is renewed, once for all calls that met it', async ({ cloud }) => {
  await cloud.client.findVolumes('a');
  cloud.simulator.expireTokens();
  const made = await Promise.all([
    cloud.client.createVolume({ name: 'a', sizeGiB: 1, metadata: {} }),
    cloud.client.createVolume({ name: 'b', sizeGiB: 1, metadata: {} }),
  ]);
  assert.equal(
    made.map(({ status }) => status),
    ['creating', 'creating'],
  );
  assert.is(logins(cloud), 2);
  assert.is(cloud.simulator.resources().volumes.length, 2);
});

test('wrong credentials are permanent, and asked for again by the next call', async ({ cloud }) => {
  const client = createOpenStackClient({ ...cloud.settings, password: 'wrong' });
  for (const expected of [1, 2]) {
    const { code, retryable } = await thrownBy(client.findServers('a'));
    assert.equal([code, retryable], ['cloud-unauthorized', false]);
    assert.is(logins(cloud), expected);
  }
});

test('a refusal says what the cloud said, and whether it can pass', async ({ cloud }) => {
  const { simulator, client } = cloud;
  for (const [status, code, retryable] of [
    [400, 'cloud-refused', false],
    [403, 'cloud-refused', false],
    [404, 'cloud-refused', false],
    [409, 'cloud-unavailable', true],
    [429, 'cloud-unavailable', true],
    [500, 'cloud-unavailable', true],
    [503, 'cloud-unavailable', true],
  ] as const) {
    const remove = simulator.failWhen({
      operation: 'create-volume',
      failure: { kind: 'answer', status, message: `words of ${status}` },
    });
    const wish = { name: 'a', sizeGiB: 1, metadata: {} };
    const thrown = await thrownBy(client.createVolume(wish));
    assert.equal([thrown.code, thrown.retryable], [code, retryable], String(status));
    assert.match(thrown.message, `was answered ${status}: words of ${status}`);
    remove();
  }
});

test('a cut connection and a cloud that is away are retryable', async ({ cloud }) => {
  cloud.simulator.failWhen({ operation: 'list-volumes', failure: { kind: 'disconnect' } });
  const cut = await thrownBy(cloud.client.findVolumes('a'));
  assert.equal([cut.code, cut.retryable], ['cloud-unreachable', true]);
  await cloud.simulator.stop();
  const away = await thrownBy(createOpenStackClient(cloud.settings).findVolumes('a'));
  assert.equal([away.code, away.retryable], ['cloud-unreachable', true]);
  assert.match(away.message, 'POST /identity/v3/auth/tokens brought no answer: ');
});

test('what the path names and is not there is no error', async ({ cloud }) => {
  assert.is(await cloud.client.getServer('nothing'), undefined);
  assert.is(await cloud.client.getVolume('nothing'), undefined);
  assert.is(await cloud.client.deleteServer('nothing'), false);
  assert.is(await cloud.client.deleteVolume('nothing'), false);
});

test('names are matched whole', async ({ cloud }) => {
  const flavorId = await cloud.client.resolveFlavor('m1.tiny');
  assert.is(await cloud.client.resolveFlavor(flavorId), flavorId);
  for (const name of ['web-1', 'web-10', 'my-web-1']) {
    const { id } = await cloud.client.createVolume({ name, sizeGiB: 1, metadata: {} });
    cloud.advance(100);
    await cloud.client.createServer({ name, flavorId, volumeIds: [id], metadata: {} });
  }
  const found = await cloud.client.findServers('web-1');
  assert.equal(
    found.map(({ name }) => name),
    ['web-1'],
  );
  const unknown = await thrownBy(cloud.client.resolveFlavor('m1.huge'));
  assert.equal([unknown.code, unknown.retryable], ['flavor-unknown', false]);
  assert.match(unknown.message, 'm1.tiny, m1.small');
});

test('a call ends with its signal, while it logs in and while it waits', async () => {
  let onRequest: (path: string) => void = () => undefined;
  const silent = createServer((request) => onRequest(request.url ?? ''));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const settings = {
    authUrl: `http://127.0.0.1:${port}/identity/v3`,
    ...{ username: 'demo', password: 'secret', projectName: 'demo' },
  };
  try {
    const asked = new Promise<string>((resolve) => (onRequest = resolve));
    const controller = new AbortController();
    const call = createOpenStackClient(settings).findVolumes('a', controller.signal);
    assert.is(await asked, '/identity/v3/auth/tokens');
    controller.abort(new Error('The actor cancelled the command.'));
    assert.is((await thrownBy(call)).message, 'The actor cancelled the command.');

    const impatient = createOpenStackClient({ ...settings, requestTimeoutMs: 20 });
    const late = await thrownBy(impatient.findVolumes('a'));
    assert.equal([late.code, late.retryable], ['cloud-timeout', true]);
  } finally {
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test('a call under way ends with its signal', async ({ cloud }) => {
  await cloud.client.findVolumes('a');
  cloud.simulator.failWhen({
    operation: 'list-volumes',
    failure: { kind: 'delay', delayMs: 60_000 },
  });
  const controller = new AbortController();
  const call = cloud.client.findVolumes('a', controller.signal);
  controller.abort(new Error('enough'));
  assert.is((await thrownBy(call)).message, 'enough');
});

test.run();

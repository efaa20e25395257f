// Keystone: logging in, tokens that end, and what every service says without one.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SERVERS, at, openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('identity');
const TOKENS = '/identity/v3/auth/tokens';
const UNAUTHORIZED = {
  error: {
    code: 401,
    message: 'The request you have made requires authentication.',
    title: 'Unauthorized',
  },
};

test.before.each(async (context) => {
  context.cloud = await openCloud({ tokenLifetimeMs: 10_000 });
});
test.after.each(({ cloud }) => cloud.simulator.stop());

test('a wrong password is 401 and brings no token', async ({ cloud }) => {
  const reply = await cloud.login('wrong');
  assert.is(reply.status, 401);
  assert.equal(reply.json, UNAUTHORIZED);
  assert.is(reply.headers.get('x-subject-token'), null);
});

test('a request that is no login is 400', async ({ cloud }) => {
  const reply = await cloud.call('POST', TOKENS, { auth: {} });
  assert.is(reply.status, 400);
  assert.is(at(reply.json, 'error', 'title'), 'Bad Request');
});

test('the catalog leads to the services', async ({ cloud }) => {
  const { json } = await cloud.login();
  const catalog = at(json, 'token', 'catalog');
  assert.ok(Array.isArray(catalog));
  const types = catalog.map((entry: unknown) => at(entry, 'type'));
  assert.equal(types, ['identity', 'compute', 'volumev3', 'image']);
  for (const [index, below] of [
    [1, '/servers'],
    [2, '/volumes'],
    [3, '/v2/images'],
  ] as const) {
    const url = String(at(catalog, index, 'endpoints', 0, 'url'));
    assert.ok(url.startsWith(cloud.simulator.url));
    const reply = await cloud.call('GET', url.slice(cloud.simulator.url.length) + below);
    assert.is(reply.status, 200);
  }
});

test('no service answers without a valid token', async ({ cloud }) => {
  for (const path of [SERVERS, cloud.volumePath(), '/image/v2/images', TOKENS]) {
    const reply = await cloud.call('GET', path, undefined, { 'X-Auth-Token': 'nonsense' });
    assert.is(reply.status, 401, path);
    assert.equal(reply.json, UNAUTHORIZED);
    assert.match(reply.headers.get('www-authenticate') ?? '', 'Keystone uri=');
  }
});

test('a token without a project opens Keystone only', async ({ cloud }) => {
  const { simulator } = cloud;
  const user = { name: simulator.username, domain: { id: 'default' }, password: 'secret' };
  const login = await cloud.call('POST', TOKENS, {
    auth: { identity: { methods: ['password'], password: { user } } },
  });
  assert.is(login.status, 201);
  assert.is(at(login.json, 'token', 'catalog'), undefined);
  const token = login.headers.get('x-subject-token') ?? '';
  const servers = await cloud.call('GET', SERVERS, undefined, { 'X-Auth-Token': token });
  assert.is(servers.status, 401);
});

test('a token ends after its lifetime, and a new login helps', async ({ cloud }) => {
  cloud.advance(9_999);
  assert.is((await cloud.call('GET', SERVERS)).status, 200);
  cloud.advance(1);
  assert.is((await cloud.call('GET', SERVERS)).status, 401);
  await cloud.login();
  assert.is((await cloud.call('GET', SERVERS)).status, 200);
});

test('tokens can be expired at run time, from code and over HTTP', async ({ cloud }) => {
  cloud.simulator.expireTokens();
  assert.is((await cloud.call('GET', SERVERS)).status, 401);
  await cloud.login();
  assert.is((await cloud.call('POST', '/_simulator/tokens/expire')).status, 204);
  assert.is((await cloud.call('GET', SERVERS)).status, 401);
});

test('a token is checked and revoked by X-Subject-Token', async ({ cloud }) => {
  const login = await cloud.login();
  const subject = { 'X-Subject-Token': login.headers.get('x-subject-token') };
  const shown = await cloud.call('GET', TOKENS, undefined, subject);
  assert.is(shown.status, 200);
  assert.equal(shown.json, login.json);
  const head = await cloud.call('HEAD', TOKENS, undefined, subject);
  assert.equal([head.status, head.text], [200, '']);
  assert.is((await cloud.call('DELETE', TOKENS, undefined, subject)).status, 204);
  assert.is((await cloud.call('GET', TOKENS)).status, 401);
});

test('version documents need no token', async ({ cloud }) => {
  for (const [path, status] of [
    ['/identity', 300],
    ['/identity/v3/', 200],
    ['/compute', 200],
    ['/compute/v2.1', 200],
    ['/volume', 300],
    ['/volume/v3/', 200],
    ['/image', 300],
  ] as const) {
    const reply = await cloud.call('GET', path, undefined, { 'X-Auth-Token': '' });
    assert.is(reply.status, status, path);
  }
});

test.run();

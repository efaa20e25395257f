// Injected failures: which calls they meet, what is answered and what still happens.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startOpenStackSimulator } from '../src/index.ts';
import type { FailureRule } from '../src/index.ts';
import { SERVERS, at, openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';

const test = suite<{ cloud: Cloud }>('failures');

test.before.each(async (context) => {
  context.cloud = await openCloud();
});
test.after.each(({ cloud }) => cloud.simulator.stop());

const createVolume = (cloud: Cloud, name: string): Promise<{ status: number; json: unknown }> =>
  cloud.call('POST', cloud.volumePath(), { volume: { name, size: 1 } });

test('the n-th call answers 503 in the shape of the service', async ({ cloud }) => {
  cloud.simulator.failWhen({
    operation: 'create-volume',
    nth: 2,
    failure: { kind: 'answer', status: 503, retryAfterS: 3 },
  });
  const replies = [];
  for (const name of ['a', 'b', 'c'])
    replies.push(await cloud.call('POST', cloud.volumePath(), { volume: { name, size: 1 } }));
  assert.equal(
    replies.map(({ status }) => status),
    [202, 503, 202],
  );
  assert.equal(replies[1]?.json, {
    serviceUnavailable: { code: 503, message: 'Service Unavailable', retryAfter: '3' },
  });
  assert.is(replies[1]?.headers.get('retry-after'), '3');
  const names = cloud.simulator.resources().volumes.map(({ name }) => name);
  assert.equal(names, ['a', 'c']);
});

test('a rule ends after so many strikes, and can be removed', async ({ cloud }) => {
  const remove = cloud.simulator.failWhen({
    operation: 'get-volume',
    times: 2,
    failure: { kind: 'answer', status: 500, message: 'Broken.' },
  });
  const id = await cloud.createVolume('a');
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push(await cloud.statusOfVolume(id));
  assert.equal(statuses, [500, 500, 'creating']);
  assert.equal(
    cloud.simulator.failures().map(({ matched, struck }) => [matched, struck]),
    [[3, 2]],
  );
  remove();
  assert.equal(cloud.simulator.failures(), []);
});

test('names are matched on calls for one resource too', async ({ cloud }) => {
  cloud.simulator.failWhen({
    method: 'DELETE',
    name: '^data-',
    failure: { kind: 'answer', status: 409 },
  });
  const data = await cloud.createVolume('data-1');
  const other = await cloud.createVolume('root-1');
  cloud.advance(100);
  const refused = await cloud.call('DELETE', cloud.volumePath(data));
  assert.is(at(refused.json, 'conflictingRequest', 'code'), 409);
  assert.is((await cloud.call('DELETE', cloud.volumePath(other))).status, 202);
  assert.is(await cloud.statusOfVolume(data), 'available');
});

test('an applied failure takes its effect, and only the answer is lost', async ({ cloud }) => {
  const applied = true;
  cloud.simulator.failWhen({
    operation: 'create-volume',
    name: '^lost$',
    failure: { kind: 'answer', status: 504, applied },
  });
  cloud.simulator.failWhen({
    operation: 'create-volume',
    name: '^cut$',
    failure: { kind: 'disconnect', applied },
  });
  assert.is((await createVolume(cloud, 'lost')).status, 504);
  let cut: unknown;
  await createVolume(cloud, 'cut').catch((error: unknown) => {
    cut = error;
  });
  assert.instance(cut, TypeError);
  const names = cloud.simulator.resources().volumes.map(({ name }) => name);
  assert.equal(names, ['lost', 'cut']);
  const entries = cloud.simulator.ledger({ operation: 'create-volume' });
  assert.equal(
    entries.map(({ name, status, applied: isApplied }) => [name, status, isApplied]),
    [
      ['lost', 504, true],
      ['cut', 0, true],
    ],
  );
});

test('a connection is cut before the effect unless told otherwise', async ({ cloud }) => {
  cloud.simulator.failWhen({ operation: 'create-volume', failure: { kind: 'disconnect' } });
  let cut: unknown;
  await createVolume(cloud, 'cut').catch((error: unknown) => {
    cut = error;
  });
  assert.instance(cut, TypeError);
  assert.equal(cloud.simulator.resources().volumes, []);
  assert.is(cloud.simulator.ledger({ name: 'cut' })[0]?.applied, false);
});

const struckCalls = async (seed: number): Promise<number[]> => {
  const failures: FailureRule[] = [
    { method: 'GET', rate: 0.3, failure: { kind: 'answer', status: 503 } },
  ];
  const cloud = await openCloud({ seed, failures });
  const statuses: number[] = [];
  for (let count = 0; count < 60; count += 1)
    statuses.push((await cloud.call('GET', SERVERS)).status);
  await cloud.simulator.stop();
  return statuses;
};

test('a rate strikes its share of the calls, the same ones for the same seed', async () => {
  const first = await struckCalls(7);
  assert.equal(await struckCalls(7), first);
  assert.not.equal(await struckCalls(8), first);
  const struck = first.filter((status) => status === 503).length;
  assert.ok(struck >= 8 && struck <= 30, `${struck} of 60`);
});

test('a delayed call is carried out later', async ({ cloud }) => {
  cloud.simulator.failWhen({
    operation: 'list-servers',
    nth: 1,
    failure: { kind: 'delay', delayMs: 80 },
  });
  const order: string[] = [];
  const slow = cloud.call('GET', SERVERS).then(() => order.push('slow'));
  while (cloud.simulator.failures()[0]?.matched !== 1)
    await new Promise((resolve) => setImmediate(resolve));
  await cloud.call('GET', SERVERS).then(() => order.push('quick'));
  await slow;
  assert.equal(order, ['quick', 'slow']);
});

test('rules over HTTP: add, list, remove', async ({ cloud }) => {
  const rule = { operation: 'get-server', failure: { kind: 'answer', status: 502 } };
  const added = await cloud.call('POST', '/_simulator/failures', rule);
  assert.is(added.status, 201);
  const id = at(added.json, 'id');
  assert.is((await cloud.call('GET', `${SERVERS}/any`)).status, 502);
  const { json } = await cloud.call('GET', '/_simulator/failures');
  assert.equal(at(json, 'failures'), [{ id, rule, matched: 1, struck: 1 }]);
  assert.is((await cloud.call('DELETE', `/_simulator/failures/${String(id)}`)).status, 204);
  assert.is((await cloud.call('DELETE', `/_simulator/failures/${String(id)}`)).status, 404);
  assert.is((await cloud.call('GET', `${SERVERS}/any`)).status, 404);
  await cloud.call('POST', '/_simulator/failures', rule);
  assert.is((await cloud.call('DELETE', '/_simulator/failures')).status, 204);
  assert.equal(cloud.simulator.failures(), []);
});

test('a bad rule is refused and named', async ({ cloud }) => {
  const failure = { kind: 'answer', status: 503 };
  const bad: [rule: unknown, named: string][] = [
    [null, 'must be an object'],
    [{}, 'failure is missing'],
    [{ failure: {} }, 'failure.kind'],
    [{ failure: { kind: 'answer' } }, 'failure.status is missing'],
    [{ failure: { kind: 'answer', status: 200 } }, 'failure.status is 200'],
    [{ failure: { kind: 'delay' } }, 'failure.delayMs is missing'],
    [{ failure: { kind: 'error-state' } }, 'operation is missing'],
    [{ operation: 'make-coffee', failure }, 'operation is "make-coffee"'],
    [{ name: '(', failure }, 'name is "("'],
    [{ nth: 0, failure }, 'nth is 0'],
    [{ rate: 2, failure }, 'rate is 2'],
    [{ operatoin: 'get-server', failure }, 'operatoin is unknown'],
  ];
  for (const [rule, named] of bad) {
    const reply = await cloud.call('POST', '/_simulator/failures', JSON.stringify(rule));
    assert.is(reply.status, 400, named);
    assert.match(String(at(reply.json, 'error', 'message')), named);
  }
  assert.equal(cloud.simulator.failures(), []);
});

test('bad options are refused before anything listens', async () => {
  for (const options of [
    { durations: { buildMs: -1 } },
    { durations: { jitter: 2 } },
    { latencyMs: [5, 1] as const },
    { tokenLifetimeMs: 0 },
  ]) {
    let refused: unknown;
    await startOpenStackSimulator(options).catch((error: unknown) => {
      refused = error;
    });
    assert.instance(refused, RangeError, JSON.stringify(options));
  }
});

test.run();

// Health pages of a host and a worker: alive, ready, counters.
import { readFile } from 'node:fs/promises';
import { encodeJson } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, portsOf, startHost, startWorker } from '../src/bind.ts';
import { encodeMetrics } from '../src/health/metrics.ts';
import { connect, provision, startHealthServer, type Connection } from '../src/index.ts';
import { tasks, volume } from './volume.machine.ts';

let server: NatsServer;
let connection: Connection;

const test = suite('health');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  await provision(connection, { partitions: 2 });
});

test.after(async () => {
  await connection.close();
  await server.stop();
});

interface Page {
  readonly status: number;
  readonly text: string;
}

const get = async (url: string, path: string): Promise<Page> => {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, text: await answer.text() };
};

const becomes = async (status: number, url: string, path: string): Promise<Page> => {
  const endsAt = performance.now() + 15_000;
  for (;;) {
    const page = await get(url, path);
    if (page.status === status) return page;
    assert.ok(performance.now() < endsAt, `${path} stays ${page.status}: ${page.text}`);
  }
};

test('ready once what waited is acknowledged; counters say what was done', async () => {
  const { journal } = portsOf({ connection });
  // Waits before the host is there, and is under way for as long as the worker is not.
  await journal.append({
    type: 'volume',
    id: 'early',
    kindToken: 'create',
    body: encodeJson({ version: '1', input: { name: 'early', sizeGiB: 1 } }),
  });
  const host = await startHost({ connection, service: 'storage', machines: { volume } });
  const worker = await startWorker({ connection, service: 'storage', tasks });
  const relay = { counters: { published: 3, refused: 1 }, lanes: [0, 5], stop: async () => {} };
  const health = await startHealthServer({ connection, host, worker, relay, port: 0 });
  assert.match((await get(health.url, '/healthz')).text, /"alive":true,"connected":true/);
  await becomes(200, health.url, '/readyz');
  assert.ok(host.counters().entries >= 1, 'ready before it had taken what waited');
  const client = openClient({ connection });
  await client.actor(volume, 'early').waitFor((state) => state.matches('ok'));
  const { status, text } = await get(health.url, '/metrics');
  assert.is(status, 200);
  assert.match(text, /^pawl_connected 1$/m);
  assert.match(text, /^pawl_host_steps_total\{service="storage",host="host-[^"]+"\} [1-9]/m);
  assert.match(text, /^pawl_host_partitions_held\{service="storage",host="[^"]+"\} [12]$/m);
  assert.match(text, /^pawl_worker_done_total\{[^}]+\} 1$/m);
  assert.match(text, /^pawl_relay_published_total 3$/m);
  assert.match(text, /^pawl_relay_lanes 2$/m);
  assert.match(text, /^pawl_task_runs_total\{.*task="create-volume",class="regular"\} 1$/m);
  // Every line is a comment or a sample with a number.
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [\d.]+)$/);
  // The guide tells of what is there, and of nothing else.
  const guide = await readFile(new URL('../../../docs/guides/observe.md', import.meta.url), 'utf8');
  const told = new Set([...guide.matchAll(/\bpawl_[a-z0-9_]+/g)].map(([name]) => name));
  const served = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  assert.equal([...told].toSorted(), [...served].toSorted());
  assert.is((await get(health.url, '/other')).status, 404);
  await client.close();
  await health.stop();
  await worker.stop();
  await host.stop();
});

test('not ready while a partition has entries that nobody acknowledged', async () => {
  const { journal } = portsOf({ connection });
  // Another service's consumers: a host object that hosts it says that it holds nothing yet.
  await journal.provisionConsumers('late', ['parcel']);
  await journal.append({ type: 'parcel', id: 'p', kindToken: 'event', body: encodeJson({}) });
  const host = await startHost({ connection, service: 'storage', machines: { volume } });
  const idle = { ...host, held: () => ({ late: [] }) };
  const health = await startHealthServer({ connection, host: idle, port: 0 });
  const page = await get(health.url, '/readyz');
  assert.is(page.status, 503);
  assert.match(page.text, /"backlog":\[\{"service":"late","partition":[01],"entries":1\}\]/);
  await health.stop();
  await host.stop();
});

test('without a broker: alive, not ready, and ready again after a reconnect', async () => {
  const own = await startNatsServer();
  const link = await connect({ servers: own.url });
  const worker = await startHost({ connection: link, service: 'storage', machines: { volume } });
  const health = await startHealthServer({ connection: link, host: worker, port: 0 });
  await becomes(200, health.url, '/readyz');
  await own.kill();
  await becomes(503, health.url, '/readyz');
  const alive = await get(health.url, '/healthz');
  assert.is(alive.status, 200);
  assert.match(alive.text, /"connected":false/);
  assert.match((await get(health.url, '/metrics')).text, /^pawl_connected 0$/m);
  await own.restart();
  await becomes(200, health.url, '/readyz');
  assert.match((await get(health.url, '/metrics')).text, /^pawl_reconnects_total 1$/m);
  await worker.stop();
  await health.stop();
  await link.close();
  assert.is(await fetch(health.url).catch(() => undefined), undefined);
  await own.stop();
});

test('labels are escaped', () => {
  const samples = [{ labels: { name: 'a"b\\c\nd' }, value: 1 }];
  const text = encodeMetrics([{ name: 'x', type: 'gauge', help: 'h', samples }]);
  assert.is(text.split('\n')[2], 'x{name="a\\"b\\\\c\\nd"} 1');
});

test.run();

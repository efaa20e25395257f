// The simulator as a whole: ledger, repeatability, stopping, and the program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startOpenStackSimulator } from '../src/index.ts';
import type { Resources } from '../src/index.ts';
import { SERVERS, at, openCloud } from './cloud.ts';

const test = suite('simulator');
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the ledger shows duplicates, refusals and what was made', async () => {
  const cloud = await openCloud();
  try {
    const first = await cloud.createVolume('disk', { metadata: { owner: 'vm-1' } });
    const second = await cloud.createVolume('disk');
    await cloud.call('GET', cloud.volumePath(first));
    await cloud.call('DELETE', cloud.volumePath(first));
    cloud.advance(100);
    await cloud.call('DELETE', cloud.volumePath(second));
    const { json } = await cloud.call('GET', '/_simulator/ledger');
    assert.equal(at(json, 'entries'), cloud.simulator.ledger());
    const rows = cloud.simulator.ledger().map((entry) => {
      const { number, operation, name, resourceId, status } = entry;
      return [number, operation, name, resourceId, status];
    });
    assert.equal(rows.slice(1), [
      [2, 'create-volume', 'disk', first, 202],
      [3, 'create-volume', 'disk', second, 202],
      [4, 'delete-volume', 'disk', null, 400],
      [5, 'delete-volume', 'disk', second, 202],
    ]);
    assert.is(rows[0]?.[1], 'create-token');
    assert.equal(cloud.simulator.ledger()[1], {
      number: 2,
      at: '2026-01-01T00:00:00.000Z',
      method: 'POST',
      path: cloud.volumePath(),
      operation: 'create-volume',
      name: 'disk',
      metadata: { owner: 'vm-1' },
      resourceId: first,
      status: 202,
      applied: true,
    });
    const filtered = await cloud.call('GET', '/_simulator/ledger?operation=delete-volume');
    assert.is(at(filtered.json, 'entries', 'length'), 2);
    await cloud.call('DELETE', '/_simulator/ledger');
    assert.equal(cloud.simulator.ledger(), []);
  } finally {
    await cloud.simulator.stop();
  }
});

test('a deletion that takes no time still has its name in the ledger', async () => {
  const cloud = await openCloud({ durations: { deleteVolumeMs: 0 } });
  try {
    const id = await cloud.createVolume('disk');
    cloud.advance(100);
    await cloud.call('DELETE', cloud.volumePath(id));
    assert.is(await cloud.statusOfVolume(id), 404);
    assert.is(cloud.simulator.ledger({ operation: 'delete-volume' })[0]?.name, 'disk');
  } finally {
    await cloud.simulator.stop();
  }
});

const storyOf = async (seed: number): Promise<[Resources, ...unknown[]]> => {
  const cloud = await openCloud({ seed, durations: { jitter: 0.5 } });
  try {
    const ids = [];
    for (const name of ['a', 'b', 'c', 'd']) ids.push(await cloud.createVolume(name));
    cloud.advance(100);
    const half = cloud.simulator.resources();
    cloud.advance(50);
    const server = await cloud.bootServer('web', ids.slice(0, 2));
    cloud.advance(1_000);
    return [half, await cloud.statusOfServer(server), cloud.simulator.resources()];
  } finally {
    await cloud.simulator.stop();
  }
};

test('the same seed tells the same story; jitter spreads the transitions', async () => {
  const story = await storyOf(3);
  assert.equal(await storyOf(3), story);
  assert.not.equal(await storyOf(4), story);
  const statuses = new Set<string>();
  for (const seed of [3, 4, 5])
    for (const { status } of (await storyOf(seed))[0].volumes) statuses.add(status);
  assert.equal([...statuses].sort(), ['available', 'creating']);
});

test('resources over HTTP are those in process', async () => {
  const cloud = await openCloud();
  try {
    await cloud.createVolume('disk');
    const { json } = await cloud.call('GET', '/_simulator/resources');
    assert.equal(json, JSON.parse(JSON.stringify(cloud.simulator.resources())));
    assert.is(at(json, 'volumes', 0, 'name'), 'disk');
  } finally {
    await cloud.simulator.stop();
  }
});

test('stop cuts kept connections and calls in flight, and frees the port', async () => {
  const cloud = await openCloud();
  const { simulator } = cloud;
  simulator.failWhen({
    operation: 'list-servers',
    failure: { kind: 'delay', delayMs: 3_600_000 },
  });
  let cut: unknown;
  const waiting = cloud.call('GET', SERVERS).catch((error: unknown) => {
    cut = error;
  });
  while (simulator.failures()[0]?.matched !== 1)
    await new Promise((resolve) => setImmediate(resolve));
  await simulator.stop();
  await simulator.stop();
  await waiting;
  assert.instance(cut, TypeError);
  const next = await startOpenStackSimulator({ port: Number(new URL(simulator.url).port) });
  assert.is(next.url, simulator.url);
  await next.stop();
});

test('a body over the limit is 413 and the simulator lives on', async () => {
  const cloud = await openCloud();
  try {
    const reply = await cloud.call('POST', cloud.volumePath(), 'x'.repeat(2 * 1024 * 1024));
    assert.is(reply.status, 413);
    assert.is((await cloud.call('GET', SERVERS)).status, 200);
  } finally {
    await cloud.simulator.stop();
  }
});

test('latency holds every call of the cloud up, not the ledger', async () => {
  const cloud = await openCloud({ latencyMs: [30, 40] });
  try {
    const before = performance.now();
    await cloud.call('GET', SERVERS);
    assert.ok(performance.now() - before >= 29);
  } finally {
    await cloud.simulator.stop();
  }
});

const runMain = (...words: string[]): { output: () => string; child: ReturnType<typeof spawn> } => {
  let text = '';
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...words]);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { output: () => text, child };
};

test('the program serves until it is told to stop', async () => {
  const rule = { operation: 'list-servers', failure: { kind: 'answer', status: 500 } };
  const { child, output } = runMain('--port', '0', '--seed', '5', '--fail', JSON.stringify(rule));
  const ended = once(child, 'exit');
  while (!output().includes('/_simulator/resources tell'))
    await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  const url = /listens on (\S+)/.exec(output())?.[1] ?? '';
  const failures: unknown = await (await fetch(`${url}/_simulator/failures`)).json();
  assert.equal(at(failures, 'failures', 0, 'rule'), rule);
  child.kill('SIGTERM');
  assert.equal(await ended, [0, null]);
});

test('the program explains itself and refuses what it does not know', async () => {
  const help = runMain('--help');
  assert.equal(await once(help.child, 'close'), [0, null]);
  assert.match(help.output(), 'Usage:');
  for (const [words, named] of [
    [['--port', 'many'], '--port many'],
    [['--fail', '{}'], 'failure is missing'],
    [['--colour'], '--colour'],
  ] as const) {
    const bad = runMain(...words);
    assert.equal(await once(bad.child, 'close'), [1, null]);
    assert.match(bad.output(), named);
  }
});

test.run();

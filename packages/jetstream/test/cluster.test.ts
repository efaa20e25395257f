// Three servers: what is acknowledged can be read through any of them, races have one winner.
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PawlError } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { waitInRealTime } from '@pawl/testing/contracts';
import { connect, openPorts, provision, type Connection, type OpenPorts } from '../src/index.ts';

const test = suite('cluster');
const body = Buffer.from('{"type":"GO"}');
let servers: readonly NatsServer[] = [];
let connections: readonly Connection[] = [];
let nodes: readonly OpenPorts[] = [];

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

test.before(async () => {
  const routes = await Promise.all([freePort(), freePort(), freePort()]);
  servers = await Promise.all(
    routes.map((port, index) =>
      startNatsServer({ name: `node-${index}`, cluster: { name: 'three', port, routes } }),
    ),
  );
  // The nodes first have to find each other and elect a leader.
  const isReady = async (): Promise<boolean> => {
    try {
      connections = await Promise.all(servers.map(({ url }) => connect({ servers: url })));
      for (const connection of connections)
        await provision(connection, { partitions: 4, replicas: 3 });
      return true;
    } catch (error) {
      assert.ok((error as PawlError).retryable, String(error));
      await Promise.all(connections.map((connection) => connection.close()));
      return false;
    }
  };
  await waitInRealTime(isReady, { timeoutMs: 60_000 });
  nodes = connections.map((connection) => openPorts(connection));
});
test.after(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await Promise.all(servers.map((server) => server.stop()));
});

const node = (index: number): OpenPorts => {
  const found = nodes[index % 3];
  if (found === undefined) throw new Error('no such node');
  return found;
};

test('what one node acknowledged is read at once through the others', async () => {
  const actor = { type: 'volume', id: 'fresh' };
  for (let index = 0; index < 60; index += 1) {
    const { sequence } = await node(index).journal.append({ ...actor, kindToken: 'event', body });
    const other = node(index + 1);
    assert.is((await other.journal.read(actor)).length, index + 1);
    assert.is((await other.journal.read(actor, { from: sequence })).length, 1);
    assert.is((await other.journal.get(sequence))?.sequence, sequence);
    assert.is(await other.journal.head(actor), sequence);
  }
});

test('a snapshot saved through one node is loaded at once through another', async () => {
  const actor = { type: 'volume', id: 'fresh' };
  for (let sequence = 1; sequence <= 30; sequence += 1) {
    const header = {
      ...actor,
      sequence,
      entryTime: 1,
      journal: 'j',
      version: '1',
      digest: 'd',
      status: 'active',
      value: '"ok"',
      tags: [],
      since: 1,
    };
    assert.is((await node(sequence).snapshots.save(1, header, body)).saved, true);
    const loaded = await node(sequence + 1).snapshots.load(1, actor);
    assert.is(loaded?.header.sequence, sequence);
  }
});

test('of creates that race through all nodes one wins, the others hear of a conflict', async () => {
  for (let round = 0; round < 10; round += 1) {
    const create = { type: 'volume', id: `race-${round}`, kindToken: 'create', body };
    const results = await Promise.allSettled(
      Array.from({ length: 9 }, (_, index) =>
        node(index).journal.append({ ...create, expectedLastSequence: 0 }),
      ),
    );
    assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected')
        assert.is((result.reason as PawlError).code, 'sequence-conflict');
  }
});

test('equal message ids at the same time are one message, told to all', async () => {
  for (let round = 0; round < 10; round += 1) {
    const event = { type: 'volume', id: 'same', kindToken: 'event', body, messageId: `m-${round}` };
    const appends = Array.from({ length: 9 }, (_, index) => node(index).journal.append(event));
    const results = await Promise.all(appends);
    assert.is(new Set(results.map(({ sequence }) => sequence)).size, 1);
    assert.is(results.filter(({ duplicate }) => !duplicate).length, 1);
  }
});

test('goes on when one of three servers is gone', async () => {
  const actor = { type: 'volume', id: 'survivor' };
  await servers[2]?.kill();
  let stored = 0;
  const append = (): Promise<boolean> =>
    node(0)
      .journal.append({ ...actor, kindToken: 'event', body })
      .then(
        () => true,
        () => false,
      );
  await waitInRealTime(
    async () => {
      stored += (await append()) ? 1 : 0;
      return stored >= 10;
    },
    { timeoutMs: 30_000 },
  );
  assert.ok((await node(1).journal.read(actor)).length >= 10);
});

test.run();

// Connections that cannot work: a stable code, and words that say what to do.
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ERROR_CODES, PawlError, type ErrorCode } from '@pawl/core';
import { connect as connectV2 } from 'nats-v2';
import {
  connect,
  openClient,
  startHost,
  startNatsServer,
  startWorker,
  type Connection,
} from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { counter } from './scenario/counter.machine.ts';

const test = suite('bad connection');

const expectError = async (
  act: () => Promise<unknown>,
  code: ErrorCode,
  ...says: readonly RegExp[]
): Promise<void> => {
  try {
    await act();
  } catch (error) {
    assert.ok(error instanceof PawlError, String(error));
    assert.is(error.code, code, error.message);
    assert.is(error.retryable, ERROR_CODES[code].retryable);
    for (const pattern of says) assert.match(error.message, pattern);
    return;
  }
  assert.unreachable('nothing was thrown');
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

test('no nats-server', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const servers = `nats://127.0.0.1:${portOf(server)}`;
  server.close();
  await once(server, 'close');
  const act = (): Promise<unknown> => connect({ servers, connectTimeoutMs: 300 });
  await expectError(act, 'no-server', new RegExp(servers), /[Ss]tart/);
});

test('a server that is too old', async () => {
  // Says what a nats-server 2.9 says when a client connects, and answers its pings.
  const info = { server_id: 'OLD', version: '2.9.10', proto: 1, headers: true, max_payload: 1e6 };
  const server = createServer((socket) => {
    socket.write(`INFO ${JSON.stringify({ ...info, jetstream: true })}\r\n`);
    socket.on('data', (bytes) => {
      if (bytes.toString().includes('PING')) socket.write('PONG\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const servers = `nats://127.0.0.1:${portOf(server)}`;
  await expectError(() => connect({ servers }), 'server-too-old', /2\.9\.10/, /2\.15/);
  server.close();
});

test('JetStream is off', async () => {
  const server = await startNatsServer({ jetstream: false });
  await expectError(
    () => connect({ servers: server.url }),
    'jetstream-off',
    /JetStream/,
    /-js|jetstream/,
  );
  await server.stop();
});

test('wrong credentials', async () => {
  const server = await startNatsServer({ user: 'pawl', password: 'right' });
  const act = (): Promise<unknown> => connect({ servers: server.url, user: 'pawl', pass: 'wrong' });
  await expectError(act, 'not-authorized', new RegExp(server.url), /pass|credentials/);
  const right = await connect({ servers: server.url, user: 'pawl', pass: 'right' });
  await right.close();
  await server.stop();
});

test('a connection of the npm package nats 2.x', async () => {
  const server = await startNatsServer();
  const foreign = await connectV2({ servers: server.url });
  const connection = foreign as unknown as Connection;
  const says = [/connect\(\)/] as const;
  const machines = { counter };
  await expectError(
    () => startHost({ connection, service: 'count', machines }),
    'wrong-client',
    ...says,
  );
  await expectError(
    () => startWorker({ connection, service: 'count', tasks: [] }),
    'wrong-client',
    ...says,
  );
  await expectError(async () => openClient({ connection }), 'wrong-client', ...says);
  await foreign.close();
  await server.stop();
});

test.run();

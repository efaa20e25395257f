// connect(): every way in which it cannot work has a code and a way out.
import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect as connectNats } from 'nats';
import { isErrorCode, PawlError } from '@pawl/core';
import {
  connect,
  openPorts,
  provision,
  type Connection,
  type ConnectOptions,
} from '../src/index.ts';
import { startTestServer } from './server.ts';

const test = suite('connect');

const failureOf = async (work: () => unknown): Promise<PawlError> => {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof PawlError, String(error));
    assert.ok(isErrorCode(error.code));
    return error;
  }
  throw new Error('It did not fail.');
};

test('no server: no-server within the time given', async () => {
  const startedAt = performance.now();
  const servers = 'nats://127.0.0.1:1';
  const error = await failureOf(() => connect({ servers, connectTimeoutMs: 600 }));
  assert.is(error.code, 'no-server');
  assert.match(error.message, /127\.0\.0\.1:1 within 600 ms.*Start one/);
  assert.ok(performance.now() - startedAt < 3_000);
});

test('wrong credentials: not-authorized at once', async () => {
  const server = await startTestServer({ topology: false, user: 'ann', password: 'secret' });
  const servers = server.server.url;
  const error = await failureOf(() => connect({ servers, user: 'ann', pass: 'wrong' }));
  assert.is(error.code, 'not-authorized');
  assert.not.match(error.message, /wrong\b.*secret/);
  const good = await connect({ servers, user: 'ann', pass: 'secret' });
  await good.close();
  await server.stop();
});

/** `nats://127.0.0.1:4222` with a login before the host. */
const carrying = (login: string, url: string): string => url.replace('//', `//${login}@`);

test('a login in the address is used', async () => {
  const server = await startTestServer({ topology: false, user: 'ann', password: 's@c/r:et%' });
  const { url } = server.server;
  for (const login of ['ann:s@c/r:et%', `ann:${encodeURIComponent('s@c/r:et%')}`])
    await (await connect({ servers: [carrying(login, url)] })).close();
  await server.stop();
  const configuration = 'authorization { token: t0k3n }';
  const other = await startTestServer({ topology: false, configuration });
  await (await connect({ servers: carrying('t0k3n', other.server.url) })).close();
  await other.stop();
});

test('a login in the address is never shown, and two logins are refused', async () => {
  const server = await startTestServer({ topology: false, user: 'ann', password: 'secret' });
  const { url } = server.server;
  const servers = carrying('ann:hidden', url);
  const away = carrying('ann:hidden', 'nats://127.0.0.1:1');
  const wrong: [ConnectOptions, string][] = [
    [{ servers }, 'not-authorized'],
    [{ servers, user: 'ann', pass: 'secret' }, 'not-authorized'],
    [{ servers, creds: 'x' }, 'not-authorized'],
    [{ servers: [servers, carrying('bob:hidden', url)] }, 'not-authorized'],
    [{ servers: [away], connectTimeoutMs: 300 }, 'no-server'],
  ];
  for (const [options, code] of wrong) {
    const error = await failureOf(() => connect(options));
    assert.is(error.code, code);
    assert.match(error.message, /127\.0\.0\.1/);
    assert.not.match(JSON.stringify([error.message, error.details, String(error.cause)]), /hidden/);
  }
  await server.stop();
});

test('a time limit without an end, or beyond the timers of the client, is no limit of 1 ms', async () => {
  const server = await startTestServer({ topology: false });
  for (const connectTimeoutMs of [Infinity, 2 ** 31])
    await (await connect({ servers: server.server.url, connectTimeoutMs })).close();
  await server.stop();
});

test('JetStream off: jetstream-off', async () => {
  const server = await startTestServer({ topology: false, jetstream: false });
  const error = await failureOf(() => connect({ servers: server.server.url }));
  assert.is(error.code, 'jetstream-off');
  assert.match(error.message, /-js/);
  await server.stop();
});

test('JetStream off for the account: jetstream-off', async () => {
  const configuration = `accounts {
    WITH: { jetstream: enabled, users: [{ user: with, password: x }] }
    WITHOUT: { users: [{ user: without, password: x }] }
  }`;
  const server = await startTestServer({ topology: false, configuration });
  const servers = server.server.url;
  const error = await failureOf(() => connect({ servers, user: 'without', pass: 'x' }));
  assert.is(error.code, 'jetstream-off');
  await (await connect({ servers, user: 'with', pass: 'x' })).close();
  await server.stop();
});

test('a user who may not ask the API is let in: what it may do shows later', async () => {
  const configuration = `accounts { A: { jetstream: enabled, users: [
    { user: few, password: x, permissions: { publish: ["pawl.in.event.>"] } } ] } }`;
  const server = await startTestServer({ topology: false, configuration });
  const connection = await server.connect({ user: 'few', pass: 'x' });
  const ports = openPorts(connection);
  assert.is((await failureOf(() => ports.journal.identity())).code, 'not-authorized');
  await ports.close();
  await server.stop();
});

/** Speaks just enough of the protocol to be taken for a server of some version. */
const startOldServer = (version: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      const info = { server_id: 'x', version, headers: true, max_payload: 1_048_576, proto: 1 };
      socket.write(`INFO ${JSON.stringify(info)}\r\n`);
      socket.on('data', (data) => {
        if (data.includes('PING')) socket.write('PONG\r\n');
      });
      socket.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

for (const version of ['2.9.10', '2.14.7', '2.14.0-RC.1'])
  test(`server ${version}: server-too-old`, async () => {
    const server = await startOldServer(version);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await failureOf(() => connect({ servers: `nats://127.0.0.1:${port}` }));
    assert.is(error.code, 'server-too-old');
    assert.match(error.message, new RegExp(`${version.replaceAll('.', '\\.')}.*2\\.15`));
    server.close();
  });

/** A server whose cluster elects a leader: it answers the first questions as such a one does. */
const startLeaderless = (answers: string[]): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      const limits = { headers: true, max_payload: 1_048_576, proto: 1 };
      socket.write(`INFO ${JSON.stringify({ server_id: 'x', version: '2.15.2', ...limits })}\r\n`);
      socket.on('data', (data) => {
        const text = data.toString();
        if (text.includes('PING')) socket.write('PONG\r\n');
        const [, reply] = /PUB \$JS\.API\.INFO (\S+) /.exec(text) ?? [];
        if (reply === undefined) return;
        const answer = answers.shift() ?? '{}';
        socket.write(`MSG ${reply} 1 ${answer.length}\r\n${answer}\r\n`);
      });
      socket.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

test('waits while the cluster elects a leader', async () => {
  const description = 'JetStream system temporarily unavailable';
  const unavailable = JSON.stringify({ error: { code: 503, err_code: 10_008, description } });
  const answers = [unavailable, unavailable];
  const server = await startLeaderless(answers);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connection = await connect({ servers: `nats://127.0.0.1:${port}` });
  assert.equal(answers, []);
  await connection.close();
  server.close();
});

test('waits for a server that is just being started', async () => {
  const server = await startTestServer({ topology: false });
  await server.server.kill();
  const connecting = connect({ servers: server.server.url, connectTimeoutMs: 10_000 });
  await server.server.restart();
  await (await connecting).close();
  await server.stop();
});

test('a client of the nats package: wrong-client, naming connect()', async () => {
  const server = await startTestServer({ topology: false });
  const raw = await connectNats({ servers: server.server.url });
  const connection = raw as unknown as Connection;
  for (const use of [() => openPorts(connection), () => provision(connection)]) {
    const error = await failureOf(use);
    assert.is(error.code, 'wrong-client');
    assert.match(error.message, /connect\(\)/);
  }
  const nothing = undefined as unknown as Connection;
  assert.is((await failureOf(() => openPorts(nothing))).code, 'wrong-client');
  await raw.close();
  await server.stop();
});

test('reconnects by itself after the server was killed, and goes on', async () => {
  const server = await startTestServer({ topology: { partitions: 2 } });
  const { connection, ports } = await server.open();
  const states: string[] = [];
  const back = new Promise<void>((resolve) => {
    ports.bus.onConnection((state) => {
      states.push(state);
      if (state === 'connected') resolve();
    });
  });
  await server.server.kill();
  await server.server.restart();
  await back;
  assert.equal(states, ['disconnected', 'connected']);
  assert.ok(connection.isConnected);
  const entry = { type: 'volume', id: 'v', kindToken: 'event', body: Buffer.from('{}') };
  assert.is((await ports.journal.append(entry)).sequence, 1);
  await ports.close();
  await server.stop();
});

test.run();

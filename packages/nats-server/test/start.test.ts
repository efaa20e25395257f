// Starting, killing, restarting and stopping a real nats-server.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { connect as openSocket, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NatsServerError, startNatsServer } from '@pawl/nats-server';

/** Sends lines and gathers that many answers; the first is the server's INFO. */
const converse = async (port: number, count: number, ...lines: string[]): Promise<string[]> => {
  const socket = openSocket(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const line of lines) socket.write(`${line}\r\n`);
  const answers: string[] = [];
  for await (const line of createInterface({ input: socket }))
    if (answers.push(line) === count) break;
  socket.destroy();
  return answers;
};

const login = (user: string, pass: string): string =>
  `CONNECT ${JSON.stringify({ user, pass, verbose: false })}`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const ended = async (child: ChildProcess): Promise<ChildProcess> => {
  await once(child, 'exit');
  return child;
};

const test = suite('start nats-server');

test('starts on a free port, with JetStream, and stops without a trace', async () => {
  const server = await startNatsServer({ name: 'first', monitoring: true });
  const [info] = await converse(server.port, 1);
  assert.match(info ?? '', '"server_name":"first"');
  assert.match(info ?? '', '"jetstream":true');
  assert.is(server.url, `nats://127.0.0.1:${server.port}`);
  const varz: unknown = await (await fetch(`${server.monitorUrl}/varz`)).json();
  assert.is((varz as { version: string }).version, server.version);
  await server.stop();
  await server.stop();
  assert.not(isAlive(server.pid));
  assert.not(existsSync(dirname(server.storeDirectory)), 'the temporary folder is gone');
});

test('comes back on the same port with the same store after a kill', async () => {
  const storeDirectory = mkdtempSync(join(tmpdir(), 'pawl-store-'));
  const server = await startNatsServer({ storeDirectory, syncInterval: 'always' });
  const create = JSON.stringify({ name: 'KEPT', subjects: ['kept'], num_replicas: 1 });
  const request = `PUB $JS.API.STREAM.CREATE.KEPT answer ${create.length}\r\n${create}`;
  const [, answer] = await converse(server.port, 2, login('', ''), 'SUB answer 1', request);
  assert.match(answer ?? '', 'MSG answer');
  const { pid, port } = server;
  await server.kill();
  assert.not(isAlive(pid));
  await server.restart();
  assert.is(server.port, port);
  assert.is.not(server.pid, pid);
  assert.is((await converse(port, 1)).length, 1);
  assert.equal(readdirSync(join(storeDirectory, 'jetstream', '$G', 'streams')), ['KEPT']);
  await server.stop();
  assert.ok(existsSync(storeDirectory), 'a store that was given is kept');
  rmSync(storeDirectory, { recursive: true });
});

test('is stopped even when it is suspended', async () => {
  const server = await startNatsServer({ jetstream: false });
  await server.kill('SIGSTOP');
  assert.ok(isAlive(server.pid));
  await server.stop();
  assert.not(isAlive(server.pid));
});

test('asks for the password and takes lines of configuration', async () => {
  const server = await startNatsServer({
    ...{ user: 'alice', password: 'a"b\\c' },
    configuration: ['max_payload: 4096'],
  });
  const [info, refused] = await converse(server.port, 2, login('alice', 'wrong'));
  assert.match(info ?? '', '"max_payload":4096');
  assert.match(refused ?? '', 'Authorization Violation');
  const [, answer] = await converse(server.port, 2, login('alice', 'a"b\\c'), 'PING');
  assert.is(answer, 'PONG');
  await server.stop();
});

test('fails with the last lines of the log when the server exits early', async () => {
  const fault = await startNatsServer({ configuration: 'no_such_option: 1' }).catch(
    (error: unknown) => error,
  );
  if (!(fault instanceof NatsServerError)) throw new Error(`started: ${String(fault)}`);
  assert.is(fault.code, 'nats-server-failed');
  assert.match(fault.message, 'no_such_option');
  const [file] = /\S+nats-server\.conf/.exec(fault.message) ?? [];
  if (file === undefined) throw new Error(`no file is named: ${fault.message}`);
  assert.not(existsSync(dirname(file)), 'the temporary folder is gone');
});

test('fails when the port is taken', async () => {
  const first = await startNatsServer({ jetstream: false });
  const fault = await startNatsServer({ port: first.port }).catch((error: unknown) => error);
  await first.stop();
  if (!(fault instanceof NatsServerError)) throw new Error(`started: ${String(fault)}`);
  assert.match(fault.message, 'address already in use');
});

const takeFreePort = async (): Promise<number> => {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = socket.address();
  socket.close();
  await once(socket, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

test('three servers form a cluster', async () => {
  const ports = await Promise.all([takeFreePort(), takeFreePort(), takeFreePort()]);
  const servers = await Promise.all(
    ports.map((port, index) =>
      startNatsServer({ name: `node-${index}`, cluster: { name: 'three', port, routes: ports } }),
    ),
  );
  const create = JSON.stringify({ name: 'REPLICATED', subjects: ['r'], num_replicas: 3 });
  const subject = '$JS.API.STREAM.CREATE.REPLICATED';
  const request = `PUB ${subject} answer ${create.length}\r\n${create}`;
  let answer: string | undefined;
  // Until a leader is elected nobody answers; the request is then put again.
  for (let tries = 0; !answer?.includes('REPLICATED') && tries < 20; tries += 1) {
    const [first] = servers;
    if (first === undefined) throw new Error('no server');
    const asked = converse(first.port, 3, login('', ''), 'SUB answer 1', request);
    const late = new AbortController();
    const again = setTimeout(1000, [], { signal: late.signal });
    [, , answer] = await Promise.race([asked, again]);
    late.abort();
    await again.catch(() => undefined);
  }
  assert.match(answer ?? '', '"num_replicas":3');
  await Promise.all(servers.map((server) => server.stop()));
});

/** Starts a server in a process of its own, which then goes on with `then`. */
const startInChild = async (then: string) => {
  const program = `import { startNatsServer } from '@pawl/nats-server';
    const server = await startNatsServer();
    console.log(JSON.stringify({ port: server.port, store: server.storeDirectory }));
    process.stdin.once('data', () => { ${then} });`;
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--input-type=module', '-e', program],
    { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { port: number; store: string }) };
};

const waitUntilGone = async (folder: string): Promise<void> => {
  const watcher = watch(dirname(folder));
  while (existsSync(folder)) await once(watcher, 'change');
  watcher.close();
};

for (const [how, then] of [
  ['exits', 'process.exit(0);'],
  ['throws', "throw new Error('on purpose');"],
  ['is killed with -9', "process.kill(process.pid, 'SIGKILL');"],
] as const)
  test(`dies with a parent that ${how}`, async () => {
    const { child, port, store } = await startInChild(then);
    const socket = openSocket(port, '127.0.0.1').resume();
    socket.on('error', () => {}); // A reset is an end as well, and followed by `close`.
    await once(socket, 'connect');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    child.stdin.write('go');
    await closed;
    await waitUntilGone(dirname(store));
  });

test('a store that a server has is refused to a second one, and free again after the end', async () => {
  const storeDirectory = mkdtempSync(join(tmpdir(), 'pawl-store-'));
  const first = await startNatsServer({ storeDirectory });
  const refusal = await startNatsServer({ storeDirectory }).then(
    (second) => second.stop(),
    (error: unknown) => error,
  );
  assert.instance(refusal, NatsServerError);
  assert.is((refusal as NatsServerError).code, 'store-in-use');
  assert.match((refusal as NatsServerError).message, `process ${process.pid}`);
  await first.kill();
  const next = await startNatsServer({ storeDirectory });
  await next.stop();
  rmSync(storeDirectory, { recursive: true });
});

test('a store whose owner has died is taken over at once', async () => {
  const storeDirectory = mkdtempSync(join(tmpdir(), 'pawl-store-'));
  const { pid = 0 } = await ended(spawn(process.execPath, ['-e', '']));
  const lock = join(storeDirectory, 'nats-server.lock');
  mkdirSync(lock);
  writeFileSync(join(lock, `${pid}@${hostname().replaceAll('@', '-')}@dead`), '');
  const server = await startNatsServer({ storeDirectory });
  await server.stop();
  assert.not(existsSync(lock));
  rmSync(storeDirectory, { recursive: true });
});

test.run();

// `pawl rebuild` as an operator runs it: with hosts, without, and without a journal.
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, startHost, startWorker } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import { connect, type Client, type Connection } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';
import { tasks, volume } from './volume.machine.ts';

const test = suite('rebuild');
let server: NatsServer;
let connection: Connection;
let client: Client;
let stopRoles: () => Promise<void>;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const run = async (...words: string[]): Promise<Ran> => {
  const terminal = createFakeTerminal({});
  const code = await runProgram(words, terminal, { server: server.url, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

const deleteStream = async (name: string): Promise<void> => {
  await connection.nats.request(`$JS.API.STREAM.DELETE.${name}`);
};

test.before.each(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  client = openClient({ connection });
  const options = { connection, service: 'storage', topology: { partitions: 2 } };
  const host = await startHost({ ...options, machines: { volume } });
  const worker = await startWorker({ connection, service: 'storage', tasks });
  stopRoles = async () => {
    await worker.stop();
    await host.stop();
  };
});

test.after.each(async () => {
  await client.close();
  await stopRoles();
  await connection.close();
  await server.stop();
});

const makeVolume = async (id: string): Promise<void> => {
  await client.actor(volume, id).create({ name: 'data', sizeGiB: 20 });
  await client.actor(volume, id).waitFor((state) => state.matches('ok'));
};

test('what was deleted is made again, and hosts fill it', async () => {
  await makeVolume('vol-1');
  for (const name of [
    'PAWL_TIMERS',
    'PAWL_COMMANDS_HEAVY',
    'KV_pawl-snapshots',
    'KV_pawl-registry',
  ])
    await deleteStream(name);
  const { code, out, err } = await run('rebuild');
  assert.is(code, 0, err);
  assert.match(out, /^created PAWL_TIMERS\n.*created KV_pawl-snapshots/s);
  assert.match(out, /^2 of 2 partitions are published again$/m);
  const listed = await run('ls', 'volume');
  assert.match(listed.out, /vol-1/);
  await makeVolume('vol-2');
});

test('a healthy installation is left alone', async () => {
  await makeVolume('vol-1');
  const { code, out, err } = await run('rebuild', '--json');
  assert.is(code, 0, err);
  const found = JSON.parse(out) as Record<string, unknown>;
  assert.equal([found['created'], found['updated'], found['isDone']], [[], [], true]);
});

test('without hosts it says which types wait for one, and hosts that start do the rest', async () => {
  await makeVolume('vol-1');
  await stopRoles();
  for (const name of ['KV_pawl-snapshots', 'KV_pawl-registry']) await deleteStream(name);
  const { code, err } = await run('rebuild', '--wait', '300ms');
  assert.is(code, 3);
  assert.match(err, /^error wait-timeout: .*no host has type volume/);
  const host = await startHost({ connection, service: 'storage', machines: { volume } });
  stopRoles = () => host.stop();
  const again = await run('rebuild');
  assert.is(again.code, 0, again.err);
});

test('without a journal there is nothing to rebuild from', async () => {
  await stopRoles();
  stopRoles = async () => undefined;
  await deleteStream('PAWL_JOURNAL');
  const { code, err } = await run('rebuild');
  assert.is(code, 1);
  assert.match(err, /^error topology-mismatch: There is no journal PAWL_JOURNAL/);
});

test.run();

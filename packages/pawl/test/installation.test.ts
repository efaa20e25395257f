// What operators see from outside: pawl streams and pawl permissions.
import { encodeJson, PawlError } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, portsOf, startHost, startWorker } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import { bytesText, rangesText } from '../src/cli/show/flow-text.ts';
import { connect, type Connection } from '../src/index.ts';
import type { FlowReport } from '../src/installation/flow-report.ts';
import { createFakeTerminal, type FakeTerminal } from './fake-terminal.ts';
import { tasks, volume } from './volume.machine.ts';

let server: NatsServer;
let connection: Connection;
let stopAll: () => Promise<void>;

const test = suite('installation');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  const topology = { partitions: 4 };
  const host = await startHost({ connection, service: 'storage', machines: { volume }, topology });
  const worker = await startWorker({ connection, service: 'storage', tasks });
  stopAll = async () => {
    await worker.stop();
    await host.stop();
    await connection.close();
    await server.stop();
  };
});

test.after(() => stopAll());

const start = (terminal: FakeTerminal, ...words: string[]): Promise<number> =>
  runProgram(words, terminal, { server: server.url, version: '1' });

test('streams: queues, partitions with their hosts, stores, as JSON', async () => {
  const client = openClient({ connection });
  const vol = client.actor(volume, 'v-1');
  await vol.create({ name: 'x', sizeGiB: 1 });
  await vol.waitFor((state) => state.matches('ok'));
  await client.close();
  // A command that nobody takes: no worker serves `billing`.
  const { commands } = portsOf({ connection });
  await commands.provision('billing');
  await commands.publish({
    subject: {
      class: 'heavy',
      service: 'billing',
      task: 'charge',
      actor: { type: 'volume', id: 'v-1' },
      generation: '1-0-00000000',
    },
    messageId: 'one',
    body: encodeJson({}),
  });
  const terminal = createFakeTerminal();
  assert.is(await start(terminal, 'streams', '--json'), 0);
  const report = JSON.parse(terminal.out.join('')) as FlowReport;
  const queue = (service: string, queueClass: string) =>
    report.commands.find((each) => each.service === service && each.class === queueClass);
  assert.is(queue('billing', 'heavy')?.depth, 1);
  assert.is(queue('billing', 'heavy')?.waitingPulls, 0);
  assert.type(queue('billing', 'heavy')?.oldestAt, 'number');
  assert.is(queue('storage', 'regular')?.depth, 0);
  assert.ok((queue('storage', 'regular')?.waitingPulls ?? 0) > 0);
  const held = report.partitions.filter(({ service, hosts }) => service === 'storage' && hosts[0]);
  assert.is(held.length, 1);
  assert.ok(held[0]?.isPinned);
  assert.is(report.partitions.filter(({ service }) => service === 'storage').length, 4);
  const journal = report.stores.find(({ stream }) => stream === 'PAWL_JOURNAL');
  assert.ok((journal?.entries ?? 0) >= 2 && (journal?.bytes ?? 0) > 100);
});

test('streams --watch: again in place, until it is interrupted', async () => {
  const terminal = createFakeTerminal({ isPretty: true });
  const ended = start(terminal, 'streams', '--watch', '--every', '50ms');
  await terminal.line(/JOURNAL +HOST/);
  const before = terminal.out.length;
  while (terminal.out.length < before + 2) await new Promise((resolve) => setImmediate(resolve));
  terminal.interrupt();
  assert.is(await ended, 0);
  assert.ok(terminal.out.every((text) => text.startsWith('\u001b[H\u001b[J')));
  assert.match(terminal.out[0] ?? '', /heavy +billing +1 /);
});

test('sizes and ranges are short', () => {
  assert.is(bytesText(812), '812 B');
  assert.is(bytesText(3_565_158), '3.4 MiB');
  assert.is(rangesText([7, 0, 1, 2, 4]), '0-2, 4, 7');
});

test('permissions: a block that nats-server takes, or JSON; a missing name is a usage error', async () => {
  const words = ['permissions', '--role', 'worker', '--service', 'storage'];
  const conf = createFakeTerminal();
  assert.is(await start(conf, ...words), 0);
  const text = conf.out.join('\n');
  // The whole is used: a server that took it wrongly would refuse this worker.
  const guarded = await startNatsServer({
    configuration: `authorization { users = [
      { user: admin, password: a }
      { user: w, password: w, permissions { ${text} } }
    ] }`,
  });
  const admin = await connect({ servers: guarded.url, user: 'admin', pass: 'a' });
  const host = await startHost({ connection: admin, service: 'storage', machines: { volume } });
  const own = await connect({ servers: guarded.url, user: 'w', pass: 'w' });
  const worker = await startWorker({ connection: own, service: 'storage', tasks });
  const client = openClient({ connection: admin });
  const vol = client.actor(volume, 'v-1');
  await vol.create({ name: 'x', sizeGiB: 1 });
  await vol.waitFor((state) => state.matches('ok'));
  let refusal: unknown;
  try {
    await portsOf({ connection: own }).commands.publish({
      subject: {
        class: 'regular',
        service: 'storage',
        task: 'add',
        actor: { type: 'volume', id: 'v-1' },
        generation: '1-0-00000000',
      },
      messageId: 'one',
      body: encodeJson({}),
    });
  } catch (error) {
    refusal = error instanceof PawlError ? error.code : error;
  }
  assert.is(refusal, 'not-authorized');
  await client.close();
  await worker.stop();
  await host.stop();
  await own.close();
  await admin.close();
  await guarded.stop();

  const json = createFakeTerminal();
  assert.is(await start(json, ...words, '--format', 'json'), 0);
  const permissions = JSON.parse(json.out.join('\n')) as { publish: { allow: string[] } };
  assert.ok(permissions.publish.allow.includes('pawl.in.reply-storage.*.*'));
  const nameless = createFakeTerminal();
  assert.is(await start(nameless, 'permissions', '--role', 'worker'), 2);
  assert.match(nameless.err.join(''), /needs the name of a service/);
});

test.run();

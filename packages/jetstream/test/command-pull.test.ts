// Pulling commands beyond the contract: wishes that run out, restarts, closing under way.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { systemClock, type CommandDelivery, type CommandListener } from '@pawl/core';
import { waitInRealTime } from '@pawl/testing/contracts';
import { openBroker } from '../src/broker.ts';
import { CommandPull } from '../src/command-pull.ts';
import { commandConsumerName } from '../src/command-queue.ts';
import type { Connection, OpenPorts } from '../src/index.ts';
import { startTestServer, type TestServer } from './server.ts';

const STREAM = 'PAWL_COMMANDS_REGULAR';
const test = suite('command pull');
let server: TestServer;
let connection: Connection;
let ports: OpenPorts;
let jsm: JetStreamManager;
let commands = 0;

test.before(async () => {
  server = await startTestServer({ topology: { partitions: 2 } });
  ({ connection, ports } = await server.open());
  jsm = await jetstreamManager(connection.nats);
});
test.after(() => server.stop());

class Recorder implements CommandListener {
  readonly deliveries: CommandDelivery[] = [];
  readonly troubles: Error[] = [];
  onCommand(delivery: CommandDelivery): void {
    this.deliveries.push(delivery);
  }
  onTrouble(error: Error): void {
    this.troubles.push(error);
  }
}

const publish = (service: string): Promise<void> => {
  commands += 1;
  const actor = { type: 'volume', id: `v-${commands}` };
  const subject = {
    class: 'regular',
    service,
    task: 'create',
    actor,
    generation: '1-0-a',
  } as const;
  return ports.commands.publish({
    subject,
    messageId: `volume/v-${commands}/create@1-0-a`,
    body: Buffer.from('{}'),
  });
};

const numbersOf = async (service: string) => {
  const info = await jsm.consumers.info(STREAM, commandConsumerName(service));
  return { unacknowledged: info.num_ack_pending, waiting: info.num_pending };
};

test('the consumer is made as the design has it', async () => {
  const consumer = await ports.commands.consume('regular', 'design', new Recorder());
  const { config } = await jsm.consumers.info(STREAM, 'worker-design');
  assert.is(config.filter_subject, 'pawl.command.regular.design.>');
  assert.is(config.ack_wait, 30_000_000_000);
  assert.is(config.max_ack_pending, 100_000);
  assert.is(config.max_deliver, -1);
  await consumer.close();
});

test('a wish that runs out is asked for again, and stays exactly as large', async () => {
  const recorder = new Recorder();
  const first = await ports.commands.consume('regular', 'expires', recorder);
  await first.close();
  const own = await server.connect();
  const broker = openBroker(own, undefined, systemClock);
  const source = {
    stream: STREAM,
    consumer: 'worker-expires',
    queueClass: 'regular',
    service: 'expires',
  } as const;
  const pull = new CommandPull(broker, source, recorder, 200);
  pull.request(2);
  pull.request(1);
  await publish('expires');
  await waitInRealTime(() => recorder.deliveries.length === 1);
  const sentAtStart = own.nats.stats().outMsgs;
  await waitInRealTime(() => own.nats.stats().outMsgs > sentAtStart + 6);
  for (let index = 0; index < 5; index += 1) await publish('expires');
  await waitInRealTime(() => recorder.deliveries.length === 3);
  assert.equal(await numbersOf('expires'), { unacknowledged: 3, waiting: 3 });
  pull.request(1);
  await waitInRealTime(() => recorder.deliveries.length === 4);
  assert.equal(await numbersOf('expires'), { unacknowledged: 4, waiting: 2 });
  assert.is(recorder.troubles.length, 0);
  await pull.close();
  await broker.close();
});

test('after a restart of the server the open wishes are the same', async () => {
  const recorder = new Recorder();
  const consumer = await ports.commands.consume('regular', 'restart', recorder);
  consumer.request(3);
  await publish('restart');
  await waitInRealTime(() => recorder.deliveries.length === 1);
  await recorder.deliveries[0]?.ack();
  await server.server.restart();
  await waitInRealTime(() => recorder.troubles.length > 0 && connection.isConnected);
  for (let index = 0; index < 4; index += 1) await publish('restart');
  await waitInRealTime(() => recorder.deliveries.length === 3);
  assert.equal(await numbersOf('restart'), { unacknowledged: 2, waiting: 2 });
  await consumer.close();
});

test('what arrives while closing is given back at once', async () => {
  const [closed, next] = [new Recorder(), new Recorder()];
  const closing = await ports.commands.consume('regular', 'closing', closed);
  const consumer = await ports.commands.consume('regular', 'closing', next);
  for (let index = 0; index < 50; index += 1) await publish('closing');
  closing.request(50);
  const startedAt = performance.now();
  // The request is on its way to the server, the commands are not here yet.
  const done = closing.close();
  consumer.request(50);
  await done;
  await waitInRealTime(() => next.deliveries.length === 50);
  assert.ok(performance.now() - startedAt < 5_000);
  assert.is(closed.deliveries.length, 0);
  await Promise.all(next.deliveries.map((delivery) => delivery.ack()));
  assert.equal(await numbersOf('closing'), { unacknowledged: 0, waiting: 0 });
  await consumer.close();
});

test('a thousand acks at once are all known to the broker when they resolve', async () => {
  const recorder = new Recorder();
  const consumer = await ports.commands.consume('regular', 'acks', recorder);
  await Promise.all(Array.from({ length: 1_000 }, () => publish('acks')));
  consumer.request(1_000);
  await waitInRealTime(() => recorder.deliveries.length === 1_000);
  await Promise.all(recorder.deliveries.map((delivery) => delivery.ack()));
  assert.equal(await numbersOf('acks'), { unacknowledged: 0, waiting: 0 });
  await consumer.close();
});

test('a deleted consumer is trouble that is told', async () => {
  const recorder = new Recorder();
  const consumer = await ports.commands.consume('regular', 'deleted', recorder);
  consumer.request(1);
  await connection.nats.flush();
  await jsm.consumers.delete(STREAM, 'worker-deleted');
  await waitInRealTime(() => recorder.troubles.length > 0);
  await consumer.close();
});

test.run();

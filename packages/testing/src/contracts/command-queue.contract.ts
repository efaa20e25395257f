// Contract of the port CommandQueue: delivery to workers, acks, naks, dedupe.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandId, type CommandConsumer } from '@pawl/core';
import type { OutgoingCommand, Ports, QueueClass } from '@pawl/core';
import { CommandRecorder as Recorder } from './command-recorder.ts';
import {
  bodyOf,
  brokerNow,
  contractSuite,
  rejectsWith,
  uniqueActor,
  uniqueName,
  type OpenBroker,
} from './contract-broker.ts';

/** The suite; end the test file with `test.run();`. */
export const commandQueueContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('command queue', name, open);

  const commandOf = (
    service: string,
    text: string,
    queueClass: QueueClass = 'regular',
  ): OutgoingCommand => {
    const actor = uniqueActor('volume');
    const generation = '17-0-abcdefgh';
    return {
      subject: { class: queueClass, service, task: 'create-volume', actor, generation },
      messageId: commandId(actor, 'creating/create', generation),
      body: bodyOf(text),
      headers: { 'Pawl-Class': queueClass },
    };
  };
  const publish = async (service: string, ...texts: string[]): Promise<void> => {
    for (const text of texts) await ports().commands.publish(commandOf(service, text));
  };
  const consume = (
    service: string,
    recorder: Recorder,
    options: { readonly through?: Ports; readonly queueClass?: QueueClass } = {},
  ): Promise<CommandConsumer> =>
    (options.through ?? ports()).commands.consume(
      options.queueClass ?? 'regular',
      service,
      recorder,
    );

  test('a command reaches a worker of its service as it was published', async () => {
    const service = uniqueName('service');
    const recorder = new Recorder();
    const consumer = await consume(service, recorder);
    consumer.request(2);
    const command = commandOf(service, 'work');
    const before = await brokerNow(ports());
    await ports().commands.publish(command);
    await broker().waitFor(() => recorder.deliveries.length === 1);
    const [delivery] = recorder.deliveries;
    assert.equal(delivery?.subject, command.subject);
    assert.equal(recorder.texts, ['work']);
    assert.is(delivery?.headers['Pawl-Class'], 'regular');
    assert.is(delivery?.deliveryCount, 1);
    assert.ok((delivery?.storedAt ?? 0) >= before);
    await delivery?.ack();
    await consumer.close();
  });

  test('commands wait for a worker, and come in order', async () => {
    const service = uniqueName('service');
    await publish(service, 'a', 'b', 'c');
    const recorder = new Recorder();
    const consumer = await consume(service, recorder);
    consumer.request(3);
    await broker().waitFor(() => recorder.deliveries.length === 3);
    assert.equal(recorder.texts, ['a', 'b', 'c']);
    await Promise.all(recorder.deliveries.map((delivery) => delivery.ack()));
    await consumer.close();
  });

  test('services and classes do not see each other', async () => {
    const [service, other] = [uniqueName('service'), uniqueName('service')];
    const recorders = [new Recorder(), new Recorder(), new Recorder()] as const;
    const consumers = [
      await consume(service, recorders[0]),
      await consume(other, recorders[1]),
      await consume(service, recorders[2], { queueClass: 'heavy' }),
    ];
    for (const consumer of consumers) consumer.request(5);
    await ports().commands.publish(commandOf(service, 'regular'));
    await ports().commands.publish(commandOf(other, 'other'));
    await ports().commands.publish(commandOf(service, 'heavy', 'heavy'));
    await broker().waitFor(() => recorders.every(({ deliveries }) => deliveries.length > 0));
    assert.equal(
      recorders.map(({ texts }) => texts),
      [['regular'], ['other'], ['heavy']],
    );
    for (const { deliveries } of recorders) await deliveries[0]?.ack();
    for (const consumer of consumers) await consumer.close();
  });

  test('a worker gets as many as it asks for; the next one gets the others', async () => {
    const service = uniqueName('service');
    const other = await broker().connect();
    const [first, second] = [new Recorder(), new Recorder()];
    const consumers = [
      await consume(service, first),
      await consume(service, second, { through: other.ports }),
    ] as const;
    consumers[0].request(1);
    await publish(service, 'a', 'b', 'c');
    await broker().waitFor(() => first.deliveries.length === 1);
    consumers[1].request(1);
    await broker().waitFor(() => second.deliveries.length === 1);
    consumers[0].request(1);
    await broker().waitFor(() => first.deliveries.length === 2);
    assert.equal([first.texts, second.texts], [['a', 'c'], ['b']]);
    for (const delivery of [...first.deliveries, ...second.deliveries]) await delivery.ack();
    for (const consumer of consumers) await consumer.close();
    await other.end();
  });

  test('a repeat while the first is queued, in flight or remembered is not stored', async () => {
    const service = uniqueName('service');
    const command = commandOf(service, 'once');
    const recorder = new Recorder();
    await ports().commands.publish(command);
    await ports().commands.publish(command);
    const consumer = await consume(service, recorder);
    consumer.request(10);
    await broker().waitFor(() => recorder.deliveries.length === 1);
    await ports().commands.publish(command);
    await recorder.deliveries[0]?.ack();
    await ports().commands.publish(command);
    await publish(service, 'last');
    await broker().waitFor(() => recorder.texts.includes('last'));
    assert.equal(recorder.texts, ['once', 'last']);
    await recorder.deliveries[1]?.ack();
    await consumer.close();
  });

  test('nak delivers again after the delay and counts; others go on meanwhile', async () => {
    const service = uniqueName('service');
    const recorder = new Recorder();
    const consumer = await consume(service, recorder);
    consumer.request(10);
    await publish(service, 'poll');
    await broker().waitFor(() => recorder.deliveries.length === 1);
    const startedAt = await brokerNow(ports());
    recorder.deliveries[0]?.nak(400);
    await publish(service, 'other');
    await broker().waitFor(() => recorder.deliveries.length === 3);
    assert.equal(recorder.texts, ['poll', 'other', 'poll']);
    assert.ok((await brokerNow(ports())) - startedAt >= 400);
    assert.is(recorder.deliveries[2]?.deliveryCount, 2);
    assert.is(recorder.deliveries[2]?.storedAt, recorder.deliveries[0]?.storedAt);
    for (const delivery of recorder.deliveries.slice(1)) await delivery.ack();
    await consumer.close();
  });

  test('a paused queue delivers nothing until it is resumed, and others go on', async () => {
    const service = uniqueName('service');
    const recorder = new Recorder();
    const consumer = await consume(service, recorder);
    const heavyRecorder = new Recorder();
    const heavy = await consume(service, heavyRecorder, { queueClass: 'heavy' });
    const { commands } = ports();
    const statusOf = async (): Promise<(number | undefined)[]> =>
      (await commands.queues())
        .filter((each) => each.service === service && each.class === 'regular')
        .map(({ pausedUntil }) => pausedUntil);
    assert.equal(await statusOf(), [undefined]);
    const until = (await brokerNow(ports())) + 3_600_000;
    await commands.pause('regular', service, until);
    assert.equal(await statusOf(), [until]);
    consumer.request(5);
    heavy.request(5);
    await publish(service, 'waits');
    await ports().commands.publish(commandOf(service, 'goes', 'heavy'));
    await broker().waitFor(() => heavyRecorder.deliveries.length === 1);
    assert.equal(recorder.texts, []);
    await commands.pause('regular', service, undefined);
    await broker().waitFor(() => recorder.deliveries.length === 1);
    assert.equal(await statusOf(), [undefined]);
    await recorder.deliveries[0]?.ack();
    await heavyRecorder.deliveries[0]?.ack();
    await consumer.close();
    await heavy.close();
  });

  test('a pause ends by itself when its time has come', async () => {
    const service = uniqueName('service');
    const recorder = new Recorder();
    const consumer = await consume(service, recorder);
    consumer.request(1);
    const until = (await brokerNow(ports())) + 1_000;
    await ports().commands.pause('regular', service, until);
    await publish(service, 'later');
    await broker().waitFor(() => recorder.deliveries.length === 1);
    assert.ok((await brokerNow(ports())) >= until - 50);
    await recorder.deliveries[0]?.ack();
    await consumer.close();
  });

  test('who paused a queue and why is kept while it lasts', async () => {
    const service = uniqueName('service');
    const consumer = await consume(service, new Recorder());
    const { commands } = ports();
    const noteOf = async (queueClass: QueueClass): Promise<unknown> =>
      (await commands.queues()).find(
        (each) => each.service === service && each.class === queueClass,
      )?.paused;
    const at = await brokerNow(ports());
    const note = { by: 'ada', at, why: 'maintenance' };
    await commands.pause('regular', service, at + 3_600_000, note);
    assert.equal(await noteOf('regular'), note);
    assert.is(await noteOf('heavy'), undefined);
    await commands.pause('regular', service, at + 7_200_000);
    assert.is(await noteOf('regular'), undefined, 'that pause was another one');
    await commands.pause('regular', service, at + 7_200_000, { by: 'bob', at });
    assert.equal(await noteOf('regular'), { by: 'bob', at });
    await commands.pause('regular', service, undefined);
    assert.is(await noteOf('regular'), undefined);
    await consumer.close();
  });

  test('a queue that nobody has made cannot be paused', async () => {
    await rejectsWith(ports().commands.pause('heavy', uniqueName('none'), 1), 'no-such-queue');
  });

  test('a command is gone once acknowledged', async () => {
    const service = uniqueName('service');
    const recorder = new Recorder();
    const first = await consume(service, recorder);
    first.request(1);
    await publish(service, 'done');
    await broker().waitFor(() => recorder.deliveries.length === 1);
    await recorder.deliveries[0]?.ack();
    await first.close();
    const next = new Recorder();
    const second = await consume(service, next);
    second.request(5);
    await publish(service, 'new');
    await broker().waitFor(() => next.deliveries.length === 1);
    assert.equal(next.texts, ['new']);
    await next.deliveries[0]?.ack();
    await second.close();
  });

  test('a closed worker takes nothing: what it wished for goes to others', async () => {
    const service = uniqueName('service');
    const [closed, next] = [new Recorder(), new Recorder()];
    const closing = await consume(service, closed);
    closing.request(5);
    await closing.close();
    const consumer = await consume(service, next);
    consumer.request(2);
    await publish(service, 'a', 'b');
    await broker().waitFor(() => next.deliveries.length === 2);
    assert.equal(closed.texts, []);
    for (const delivery of next.deliveries) await delivery.ack();
    await consumer.close();
  });

  test('refuses what is larger than the payload limit', async () => {
    const command = commandOf(uniqueName('service'), '');
    const publishing = ports().commands.publish({ ...command, body: new Uint8Array(1_048_577) });
    await rejectsWith(publishing, 'payload-too-large');
  });

  test('a silent worker loses the command after the ack wait; extend starts it again', async () => {
    const ackWaitMs = broker().commandAckWaitMs;
    const service = uniqueName('service');
    const dying = await broker().connect();
    const [first, second] = [new Recorder(), new Recorder()];
    const consumer = await consume(service, first, { through: dying.ports });
    consumer.request(1);
    await publish(service, 'long');
    await broker().waitFor(() => first.deliveries.length === 1);
    const other = await consume(service, second);
    other.request(1);
    const startedAt = await brokerNow(ports());
    const waitUntil = (time: number): Promise<void> =>
      broker().waitFor(async () => (await brokerNow(ports())) >= time, {
        timeoutMs: 2 * ackWaitMs,
      });
    await waitUntil(startedAt + ackWaitMs * 0.6);
    first.deliveries[0]?.extend();
    await waitUntil(startedAt + ackWaitMs * 1.3);
    assert.is(second.deliveries.length, 0);
    await dying.end();
    await broker().waitFor(() => second.deliveries.length === 1, { timeoutMs: 2 * ackWaitMs });
    assert.is(second.deliveries[0]?.deliveryCount, 2);
    await second.deliveries[0]?.ack();
    await other.close();
  });

  return test;
};

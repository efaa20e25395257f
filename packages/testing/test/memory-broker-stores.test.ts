// What only the memory broker can be made to do with commands, timers and the bus.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandDelivery, OutgoingCommand } from '@pawl/core';
import { actor, body, faultyNetwork, open } from './memory-world.ts';

const test = suite('memory broker: stores');

const command: OutgoingCommand = {
  subject: {
    class: 'regular',
    service: 'storage',
    task: 'create',
    actor,
    generation: '1-0-abcdefgh',
  },
  messageId: 'volume/vol-1/creating@1-0-abcdefgh',
  body,
};

test('a command lost on its way to a worker comes again after the ack wait', async () => {
  let isFirst = true;
  const world = open(
    faultyNetwork(({ kind }) => {
      const drop = kind === 'delivery' && isFirst;
      if (drop) isFirst = false;
      return drop;
    }, 'drop'),
  );
  const taken: CommandDelivery[] = [];
  const listener = {
    onCommand: (delivery: CommandDelivery) => void taken.push(delivery),
    onTrouble: () => undefined,
  };
  const consumer = await world.client.commands.consume('regular', 'storage', listener);
  consumer.request(1);
  await world.client.commands.publish(command);
  await world.clock.advance('29s');
  assert.is(taken.length, 0);
  assert.is(world.broker.commands()[0]?.state, 'in-flight');
  await world.clock.advance('2s');
  assert.is(taken[0]?.deliveryCount, 2);
  await taken[0]?.ack();
  assert.equal(world.broker.commands(), []);
});

test('message ids are forgotten after two minutes', async () => {
  const world = open();
  const entry = { ...actor, kindToken: 'event', body, messageId: 'volume/vol-1/x' };
  await world.client.journal.append(entry);
  await world.clock.advance('119s');
  assert.is((await world.client.journal.append(entry)).duplicate, true);
  await world.clock.advance('2s');
  assert.is((await world.client.journal.append(entry)).duplicate, false);
});

test('timers of months and progress of a day', async () => {
  const world = open();
  const now = world.clock.now();
  const dueAt = now + 60 * 86_400_000;
  await world.client.timers.arm({ actor, generation: '1-0-abcdefgh', dueAt, body });
  const key = { service: 'storage', actor, generation: '1-0-abcdefgh' };
  await world.client.progress.save(key, { details: 'half', time: now });
  await world.clock.advance('23h');
  assert.is((await world.client.progress.load(key))?.details, 'half');
  await world.clock.advance('1h');
  assert.is(await world.client.progress.load(key), undefined);
  await world.clock.advance('58d');
  assert.is(world.broker.timers().length, 1);
  await world.clock.advance('1d');
  assert.is(world.broker.entries(actor)[0]?.time, dueAt);
  assert.equal(world.broker.timers(), []);
});

test('bus subscriptions come back after a cut; what was said meanwhile is lost', async () => {
  const world = open();
  const other = world.broker.ports('other');
  const seen: string[] = [];
  const states: string[] = [];
  other.bus.subscribe('a.*', ({ subject }) => void seen.push(subject));
  other.bus.onConnection((state) => void states.push(state));
  await other.bus.flush();
  other.connection.cut();
  world.client.bus.publish('a.1', body);
  await world.clock.settle();
  other.connection.restore();
  await other.bus.flush();
  world.client.bus.publish('a.2', body);
  await world.clock.settle();
  assert.equal([seen, states], [['a.2'], ['disconnected', 'connected']]);
});

test('a journal publish may ask for the acknowledgement as JetStream writes it', async () => {
  const { client, broker } = open();
  const subject = client.subjects.entry('event', actor);
  const answer = await client.bus.request(subject, body, { timeoutMs: 1000 });
  assert.equal(JSON.parse(new TextDecoder().decode(answer.body)), {
    stream: 'PAWL_JOURNAL',
    seq: 1,
  });
  assert.is(broker.entries()[0]?.kindToken, 'event');
});

test.run();

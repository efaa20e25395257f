// A start that fails: what it has opened by then, or opens later, is closed.
import { PawlError, type Journal } from '@pawl/core';
import { startHost } from '@pawl/host';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('start failure');

test('a start that fails half-way leaves nothing that pulls, however late it was opened', async () => {
  const world = new HostWorld(2);
  const ports = world.broker.ports('half');
  let openLate: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (openLate = resolve));
  const closed: number[] = [];
  const consume: Journal['consume'] = async (service, partition, listener) => {
    if (partition === 1) throw new PawlError('invalid-input', 'This one cannot be opened.');
    await late;
    const consumer = await ports.journal.consume(service, partition, listener);
    return {
      partition,
      reset: () => consumer.reset(),
      status: () => consumer.status(),
      unpin: () => consumer.unpin(),
      close: () => (closed.push(partition), consumer.close()),
    };
  };
  const journal: Journal = {
    identity: () => ports.journal.identity(),
    provisionConsumers: (...given) => ports.journal.provisionConsumers(...given),
    append: (entry) => ports.journal.append(entry),
    read: (...given) => ports.journal.read(...given),
    get: (sequence) => ports.journal.get(sequence),
    head: (actor) => ports.journal.head(actor),
    last: (...given) => ports.journal.last(...given),
    consume,
  };
  const options = { service: 'shop', machines: MACHINES, clock: world.clock, builtIns: false };
  const starting = startHost({ ...options, ports: { ...ports, journal } });
  const failure = await world.within(starting.then(() => undefined, String));
  assert.match(failure ?? '', 'cannot be opened');
  openLate();
  await world.until(() => closed.length === 1);
  assert.equal(closed, [0]);
});

test.run();

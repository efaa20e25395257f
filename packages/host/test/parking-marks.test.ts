// Marks of parked actors vouch for entries that nobody delivers again: they go with their effects.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, MACHINES } from './world/host-world.ts';
import { orderMachine, orderMachineOf } from './world/machines.ts';

const test = suite('parking marks');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };

const NEW = { ...MACHINES, order: [orderMachine, orderMachineOf('2')] };

const stop = (world: HostWorld, name: string): Promise<void> =>
  world.within(world.hosts.get(name)?.host.stop() ?? Promise.resolve());

test('a mark goes only with the effects of what it vouches for: nobody delivers that again', async () => {
  const world = new HostWorld();
  await world.start('one', NEW);
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id }, '2');
  await world.untilQuiet();
  await world.start('old');
  await stop(world, 'one');
  await world.append(order, 'event', { type: 'NOTE', by: 5 });
  await world.untilQuiet();
  assert.is(world.parked(order)?.code, 'version-missing');
  world.faults.push(({ kind, connection }) =>
    kind === 'append' && connection === 'two' ? 'taken' : 'carry',
  );
  await world.start('two', NEW);
  await stop(world, 'old');
  await world.clock.advance('3s');
  world.kill('two');
  await world.start('three', NEW);
  await world.until(() => world.saved(ledger)?.snapshot.context['sum'] === 5);
  await world.untilQuiet();
  assert.is(world.parked(order), undefined);
  world.checkAgreement(NEW);
});

test('a late snapshot of a slow host does not take away a mark that it knows nothing of', async () => {
  const world = new HostWorld();
  const { ports } = await world.start('slow', NEW);
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id }, '2');
  await world.untilQuiet();
  let late: (() => void) | undefined;
  world.faults.push(({ kind, connection, direction, subject }, carry) => {
    const isIt = connection === 'slow' && kind === 'save' && subject === 'order/o-1';
    if (!isIt || direction !== 'to-broker' || late !== undefined) return 'carry';
    late = carry;
    return 'taken';
  });
  await world.start('old');
  await world.append(order, 'event', { type: 'NOTE', by: 1 });
  await world.until(() => late !== undefined);
  ports.connection.stall();
  await world.append(order, 'event', { type: 'NOTE', by: 2 });
  await world.until(() => world.parked(order)?.code === 'version-missing');
  await world.untilQuiet();
  late?.();
  await world.clock.settle();
  assert.is(world.parked(order)?.code, 'version-missing');
  world.kill('slow');
  await world.start('new', NEW);
  await stop(world, 'old');
  await world.until(() => world.saved(ledger)?.snapshot.context['sum'] === 3);
  await world.untilQuiet();
  assert.is(world.parked(order), undefined);
  world.checkAgreement(NEW);
});

test('a late mark of a slow host does not park an actor that goes on', async () => {
  const world = new HostWorld();
  const { ports } = await world.start('slow');
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  let late: (() => void) | undefined;
  world.faults.push(({ kind, connection, direction, subject }, carry) => {
    const isIt = connection === 'slow' && kind === 'save' && subject === 'order/o-1';
    if (!isIt || direction !== 'to-broker' || late !== undefined) return 'carry';
    late = carry;
    return 'taken';
  });
  await world.append(order, 'admin', { type: 'pause', by: 'somebody' });
  await world.until(() => late !== undefined);
  ports.connection.stall();
  await world.start('new');
  await world.append(order, 'admin', { type: 'resume', by: 'somebody' });
  await world.append(order, 'event', { type: 'NOTE', by: 7 });
  await world.until(() => world.saved(ledger)?.snapshot.context['sum'] === 7);
  await world.untilQuiet();
  assert.is(world.parked(order), undefined);
  late?.();
  ports.connection.resume();
  await world.clock.advance('5s');
  assert.is(world.parked(order), undefined);
  world.kill('slow');
  await world.append(order, 'event', { type: 'NOTE', by: 1 });
  await world.until(() => world.saved(ledger)?.snapshot.context['sum'] === 8);
  await world.untilQuiet();
  world.checkAgreement();
});

test.run();

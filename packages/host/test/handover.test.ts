// Partitions change hands: an orderly stop, a stop without a broker, a takeover, cut connections.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, type StartedHost } from './world/host-world.ts';

const test = suite('handover');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };

const begin = async (names: readonly string[]): Promise<HostWorld> => {
  const world = new HostWorld();
  for (const name of names) await world.start(name);
  await world.create(ledger);
  await world.create(order, { ledger: ledger.id });
  await world.untilQuiet();
  return world;
};

const hostOf = (world: HostWorld, name: string): StartedHost => {
  const found = world.hosts.get(name);
  if (found === undefined) throw new Error(`No host ${name}.`);
  return found;
};

const note = (world: HostWorld, by: number): Promise<number> =>
  world.append(order, 'event', { type: 'NOTE', by });

const checkHeard = (world: HostWorld, sum: number, heard: number): void => {
  assert.equal(world.folded(ledger)?.snapshot.context, { sum, heard });
  world.checkAgreement();
};

test('an orderly stop leaves nothing behind, and the next host has it at once', async () => {
  const world = await begin(['one', 'two']);
  for (let by = 1; by <= 5; by += 1) await note(world, by);
  const startedAt = world.clock.now();
  await world.within(hostOf(world, 'one').host.stop());
  assert.equal(hostOf(world, 'one').host.held()['shop'], []);
  assert.is(world.broker.partition('shop', 0)?.ackPending, 0, 'everything is acknowledged');
  await note(world, 100);
  await world.untilQuiet();
  assert.ok(world.clock.now() - startedAt < 2500, 'no wait for the pin to run out');
  assert.equal(hostOf(world, 'two').host.held()['shop'], [0]);
  checkHeard(world, 115, 6);
});

test('a stop without a broker ends, says what is left, and the next host does it', async () => {
  const world = await begin(['one']);
  const { host, ports, lines } = hostOf(world, 'one');
  world.faults.push(({ kind, connection }) =>
    kind === 'append' && connection === 'one' ? 'taken' : 'carry',
  );
  await note(world, 1);
  await world.clock.advance('1s');
  ports.connection.cut();
  const startedAt = world.clock.now();
  await world.within(host.stop());
  assert.ok(world.clock.now() - startedAt <= 13_000);
  assert.ok(
    lines.some((line) => line.includes('left with entries under way') && line.includes('"left":1')),
  );
  await world.start('two');
  await world.until(() => hostOf(world, 'two').host.held()['shop']?.length === 1);
  await world.untilQuiet();
  checkHeard(world, 1, 1);
});

test('a second stop is the same stop', async () => {
  const world = await begin(['one']);
  const { host } = hostOf(world, 'one');
  assert.is(host.stop(), host.stop());
  await world.within(host.stop());
});

test('a killed host is followed within 5 s, with nothing new in the journal', async () => {
  const world = await begin(['one', 'two']);
  world.killAt('one', ({ kind }) => kind === 'save');
  await note(world, 1);
  await world.until(() => hostOf(world, 'one').ports.connection.state === 'closed');
  const startedAt = world.clock.now();
  await world.until(() => hostOf(world, 'two').host.held()['shop']?.length === 1);
  await world.untilQuiet();
  assert.ok(world.clock.now() - startedAt <= 5000, `${world.clock.now() - startedAt} ms`);
  checkHeard(world, 1, 1);
});

test('a restarted host takes over what its predecessor left', async () => {
  const world = await begin(['one']);
  world.killAt('one', ({ kind }) => kind === 'save');
  await note(world, 1);
  await world.until(() => hostOf(world, 'one').ports.connection.state === 'closed');
  await world.clock.advance('4s');
  const startedAt = world.clock.now();
  await world.start('again');
  await world.untilQuiet();
  assert.ok(world.clock.now() - startedAt <= 1000, `${world.clock.now() - startedAt} ms`);
  checkHeard(world, 1, 1);
});

test('a lost delivery under the same pin makes exactly one RESET', async () => {
  const world = await begin(['one']);
  const before = world.broker.partition('shop', 0)?.resets ?? 0;
  let deliveries = 0;
  world.faults.push(({ kind }) => {
    if (kind !== 'delivery') return 'carry';
    deliveries += 1;
    return deliveries === 2 ? 'taken' : 'carry';
  });
  for (let by = 1; by <= 5; by += 1)
    void world.ports.journal.append({
      ...order,
      kindToken: 'event',
      body: new TextEncoder().encode(`{"type":"NOTE","by":${by}}`),
    });
  await world.until(() => world.folded(ledger)?.snapshot.context['heard'] === 5);
  await world.untilQuiet();
  await world.clock.advance('10s');
  assert.is((world.broker.partition('shop', 0)?.resets ?? 0) - before, 1);
  assert.is(hostOf(world, 'one').host.counters().resets, 1);
  checkHeard(world, 15, 5);
});

test('a RESET that is lost is asked for again', async () => {
  const world = await begin(['one']);
  let deliveries = 0;
  let resets = 0;
  world.faults.push(({ kind, direction }) => {
    if (kind === 'delivery') return (deliveries += 1) === 1 ? 'taken' : 'carry';
    if (kind === 'reset' && direction === 'to-broker')
      return (resets += 1) === 1 ? 'taken' : 'carry';
    return 'carry';
  });
  await note(world, 1);
  await note(world, 2);
  await world.untilQuiet();
  assert.is(resets, 2);
  checkHeard(world, 3, 2);
});

test('a lost connection is one line in the log, however many partitions miss it', async () => {
  const world = await begin(['one']);
  const { ports, lines } = hostOf(world, 'one');
  const before = lines.length;
  ports.connection.cut();
  await world.clock.advance('3s');
  ports.connection.restore();
  await world.untilQuiet();
  const [lost = '', back = '', ...others] = lines.slice(before);
  assert.match(lost, /^warn The connection to the broker is lost/);
  assert.match(back, /^info The connection to the broker is back \{"awayMs":3000\}/);
  assert.equal(others, []);
});

test('the last deliveries before a cut are noticed without a new one', async () => {
  const world = await begin(['one']);
  const { ports } = hostOf(world, 'one');
  world.faults.push(({ kind }) => (kind === 'delivery' ? 'taken' : 'carry'));
  await note(world, 1);
  ports.connection.cut();
  world.faults = [];
  await world.clock.advance('500ms');
  ports.connection.restore();
  await world.untilQuiet();
  assert.is(hostOf(world, 'one').host.counters().resets, 1);
  checkHeard(world, 1, 1);
});

test('acknowledgements that are lost on a cut are given again', async () => {
  const world = await begin(['one']);
  const { ports } = hostOf(world, 'one');
  world.faults.push(({ kind }) => (kind === 'ack' ? 'taken' : 'carry'));
  await note(world, 1);
  await world.until(() => world.folded(ledger)?.snapshot.context['heard'] === 1);
  await world.clock.advance('500ms');
  ports.connection.cut();
  world.faults = [];
  ports.connection.restore();
  await world.untilQuiet();
  checkHeard(world, 1, 1);
});

test('publishes that were outstanding at a cut are sent again, each is heard once', async () => {
  const world = await begin(['one']);
  const { ports } = hostOf(world, 'one');
  world.faults.push(({ kind, direction, connection }) =>
    kind === 'append' && direction === 'to-client' && connection === 'one' ? 'taken' : 'carry',
  );
  for (let by = 1; by <= 3; by += 1) await note(world, by);
  await world.clock.advance('200ms');
  ports.connection.cut();
  world.faults = [];
  await world.clock.advance('1s');
  ports.connection.restore();
  await world.untilQuiet();
  assert.ok(world.broker.entries(ledger).length > 4, 'something was repeated');
  checkHeard(world, 6, 3);
});

test('a host that stood still while another took over changes nothing when it goes on', async () => {
  const world = await begin(['one', 'two']);
  const { ports } = hostOf(world, 'one');
  await note(world, 1);
  ports.connection.stall();
  for (let by = 2; by <= 4; by += 1) await note(world, by);
  await world.until(() => hostOf(world, 'two').host.held()['shop']?.length === 1);
  await world.untilQuiet();
  ports.connection.resume();
  await world.clock.advance('10s');
  await note(world, 5);
  await world.untilQuiet();
  assert.is(hostOf(world, 'one').host.counters().resets, 0, 'its old deliveries disturb nobody');
  checkHeard(world, 15, 5);
});

test('news of a lost pin that comes after the new pin stops nothing for long', async () => {
  const world = await begin(['one']);
  const { connection } = hostOf(world, 'one').ports;
  const late: (() => void)[] = [];
  world.faults.push(({ kind }, carry) => {
    if (kind !== 'unpinned') return 'carry';
    late.push(carry);
    return 'taken';
  });
  connection.stall();
  await world.clock.advance('4s');
  const waiting = note(world, 1);
  connection.resume();
  await waiting;
  assert.is(late.length, 1);
  for (const carry of late) carry();
  for (let by = 2; by <= 20; by += 1) {
    await note(world, by);
    await world.clock.advance('500ms');
  }
  const heard = Number(world.folded(ledger)?.snapshot.context['heard']);
  assert.ok(heard > 10, `only ${heard} of 20 heard after 10 s`);
});

test('a tenure that ends while it loads leaves its load behind', async () => {
  const world = await begin(['one']);
  await world.within(hostOf(world, 'one').host.stop());
  await note(world, 1);
  const held: (() => void)[] = [];
  world.faults.push(({ kind, subject }, carry) => {
    if (kind !== 'load' || subject !== 'order/o-1' || held.length >= 2) return 'carry';
    held.push(carry);
    return 'taken';
  });
  await world.start('two');
  await world.until(() => held.length > 0);
  await world.within(
    world.ports.journal
      .consume('shop', 0, {
        onDelivery: () => undefined,
        onUnpinned: () => undefined,
        onTrouble: () => undefined,
      })
      .then((consumer) => consumer.reset().then(() => consumer.close())),
  );
  await world.until(() => held.length > 1);
  for (const carry of held) carry();
  await world.untilQuiet();
  checkHeard(world, 1, 1);
});

test('many partitions: all is acknowledged after a storm of kills', async () => {
  const world = new HostWorld(4);
  await world.start('h-0');
  await world.start('h-1');
  await world.create(ledger);
  for (let n = 0; n < 8; n += 1)
    await world.create({ type: 'order', id: `o-${n}` }, { ledger: ledger.id });
  for (let round = 2; round < 7; round += 1) {
    for (let n = 0; n < 8; n += 1)
      await world.append({ type: 'order', id: `o-${n}` }, 'event', { type: 'NOTE', by: 1 });
    world.kill(`h-${round - 2}`);
    await world.start(`h-${round}`);
    await world.clock.advance('1s');
  }
  await world.untilQuiet();
  await world.until(() => world.folded(ledger)?.snapshot.context['heard'] === 40);
  await world.untilQuiet();
  checkHeard(world, 40, 40);
});

test.run();

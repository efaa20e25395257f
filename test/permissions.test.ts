// Roles: each can do its own work under its permissions, and nothing that is not its own.
import { encodeBody, encodeJson, PawlError, type OutgoingEntry } from '@pawl/core';
import { permissionsOf, type Permissions } from '@pawl/jetstream';
import {
  connect,
  openClient,
  openOperator,
  portsOf,
  provision,
  startHost,
  startNatsServer,
  startWorker,
  task,
  type Connection,
} from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dryPaint, makePart, partMachine, productMachine } from './scenario/machines.ts';

const test = suite('permissions');
const PARTITIONS = 2;

/** A user of the server's configuration. */
const userLine = (user: string, permissions: Permissions): string =>
  `{ user: ${user}, password: secret, permissions: ${JSON.stringify(permissions)} }`;

const server = await startNatsServer({
  configuration: `authorization {
    users = [
      { user: admin, password: secret }
      ${userLine('host', permissionsOf({ role: 'host', service: 'factory', partitions: PARTITIONS, builtInWorker: false, inboxPrefix: '_INBOX_host' }))}
      ${userLine('worker', permissionsOf({ role: 'worker', service: 'factory', inboxPrefix: '_INBOX_worker' }))}
      ${userLine('client', permissionsOf({ role: 'client', client: 'shop', inboxPrefix: '_INBOX_client' }))}
      ${userLine('viewer', permissionsOf({ role: 'viewer', inboxPrefix: '_INBOX_viewer' }))}
      ${userLine('relay', permissionsOf({ role: 'relay', types: ['part'], inboxPrefix: '_INBOX_relay' }))}
      ${userLine('projector', permissionsOf({ role: 'projector', inboxPrefix: '_INBOX_projector' }))}
      ${userLine('operator', permissionsOf({ role: 'operator', client: 'ops', inboxPrefix: '_INBOX_operator' }))}
    ]
  }`,
});

const connectAs = (user: string): Promise<Connection> =>
  connect({ servers: server.url, user, pass: 'secret', inboxPrefix: `_INBOX_${user}` });

const admin = await connectAs('admin');
await provision(admin, { partitions: PARTITIONS });
const connections = new Map<string, Connection>();
for (const user of ['host', 'worker', 'client', 'viewer', 'relay', 'projector', 'operator'])
  connections.set(user, await connectAs(user));
const as = (user: string): Connection => connections.get(user) as Connection;

const saidWaiting: string[] = [];
/** Before the first host: nobody has made the queues yet, and a worker may not. */
const worker = await startWorker({
  connection: as('worker'),
  service: 'factory',
  tasks: [
    task(makePart, ({ part }) => ({ serial: `${part}-1` })),
    task(dryPaint, () => ({ minutes: 1 })),
  ],
  log: (_level, _message, fields) => saidWaiting.push(String(fields?.['error'])),
});
const host = await startHost({
  connection: as('host'),
  service: 'factory',
  machines: { part: partMachine, product: productMachine },
  topology: false,
  builtInWorker: false,
});
const client = openClient({ connection: as('client'), name: 'shop' });

test('a worker that starts before the first host says for what it waits', () => {
  assert.is(saidWaiting.length, 3, 'once for each class');
  for (const wait of saidWaiting)
    assert.match(wait, 'waits for a host or `pawl provision --consumers` to create the queue');
});

test('client, host and worker do their work under their roles', async () => {
  const bike = client.actor(productMachine, 'bike');
  await bike.create({ id: 'bike' });
  const ready = await bike.waitFor((state) => state.hasTag('settled'), { timeoutMs: 10_000 });
  assert.equal(ready.context.ready, ['frame', 'wheel']);
  const parts: string[] = [];
  for await (const { id } of client.list('part')) parts.push(id);
  assert.equal(parts.toSorted(), ['bike-frame', 'bike-wheel']);
  const again = await bike.create({ id: 'bike' }, { ifExists: 'return' });
  assert.equal(again.context.ready, ['frame', 'wheel']);
});

test('a viewer reads states and histories', async () => {
  const viewer = openClient({ connection: as('viewer'), name: 'viewer' });
  const state = await viewer.actor(productMachine, 'bike').load();
  assert.equal(state.context.ready, ['frame', 'wheel']);
  assert.ok((await viewer.actor(productMachine, 'bike').history()).length > 2);
  await viewer.close();
});

const entry = (kindToken: string, body: unknown, id: string = 'bike-wheel'): OutgoingEntry => ({
  type: 'part',
  id,
  kindToken,
  body: encodeBody(body),
});

/** The server refuses the subject: the publish fails and the journal stays as it was. */
const refuses = async (user: string, outgoing: OutgoingEntry): Promise<void> => {
  const { journal } = portsOf({ connection: admin });
  const last = async (): Promise<number | undefined> =>
    (await journal.last(outgoing, outgoing.kindToken))?.sequence;
  const before = await last();
  try {
    await portsOf({ connection: as(user) }).journal.append(outgoing);
  } catch (error) {
    assert.ok(error instanceof PawlError, String(error));
    assert.is(error.code, 'not-authorized', error.message);
    assert.is(await last(), before);
    return;
  }
  assert.unreachable(`${user} could append ${outgoing.kindToken}`);
};

const attacks: readonly (readonly [user: string, OutgoingEntry])[] = [
  [
    'client',
    entry('peer', {
      from: { type: 'product', id: 'x', sequence: 1, n: 0 },
      event: { type: 'SCRAP' },
    }),
  ],
  [
    'client',
    entry('reply-factory', {
      task: 'make-part',
      path: 'make',
      generation: '1-0-x',
      outcome: 'done',
    }),
  ],
  [
    'client',
    entry('child', {
      parent: { type: 'product', id: 'x', path: 'part', generation: '1-0-x' },
    }),
  ],
  ['client', entry('host', { type: 'faulted', sequence: 1, error: { code: 'x', message: 'x' } })],
  ['client', entry('admin', { type: 'retry', by: 'nobody' })],
  ['client', entry('timer', { key: '#x', generation: '1-0-x' })],
  ['worker', entry('event', { type: 'SCRAP' })],
  ['worker', entry('create', { input: { part: 'x' } }, 'stolen')],
  ['worker', entry('reply-other', { task: 'x', path: 'x', generation: '1-0-x', outcome: 'done' })],
  ['worker', entry('host', { type: 'born', version: '9' })],
  ['host', entry('event', { type: 'SCRAP' })],
  ['host', entry('admin', { type: 'retry', by: 'host' })],
  ['host', entry('reply-factory', { task: 'x', path: 'x', generation: '1-0-x', outcome: 'done' })],
  ['viewer', entry('event', { type: 'SCRAP' })],
  ['relay', entry('admin', { type: 'retry', by: 'relay' })],
  ['projector', entry('event', { type: 'SCRAP' })],
];
for (const [user, outgoing] of attacks)
  test(`${user} cannot append ${outgoing.kindToken}`, () => refuses(user, outgoing));

test('a relay appends events of its types only', async () => {
  const { journal } = portsOf({ connection: as('relay') });
  await journal.append(entry('event', { type: 'SCRAP' }, 'bike-frame'));
  await refuses('relay', {
    type: 'product',
    id: 'bike',
    kindToken: 'event',
    body: encodeBody({ type: 'SELL' }),
  });
});

test('only hosts publish commands, timers and answers', async () => {
  for (const user of ['client', 'worker', 'viewer', 'relay', 'operator']) {
    const ports = portsOf({ connection: as(user) });
    const { bus, subjects } = ports;
    const seen: string[] = [];
    const { bus: watch } = portsOf({ connection: admin });
    const watchers = ['pawl.command.>', 'pawl.timer.>', 'pawl.answer.>', 'pawl.emitted.>'].map(
      (subject) => watch.subscribe(subject, (message) => seen.push(message.subject)),
    );
    await watch.flush();
    const actor = { type: 'part', id: 'x' };
    const command = {
      class: 'regular',
      service: 'factory',
      task: 'make-part',
      actor,
      generation: '1-0-x',
    } as const;
    for (const subject of [
      subjects.command(command),
      subjects.timer(actor, '1-0-x'),
      subjects.answer('shop', '1'),
      subjects.emitted(actor, 'sold'),
    ])
      bus.publish(subject, encodeJson({}));
    await bus.flush();
    await watch.flush();
    for (const watcher of watchers) watcher.stop();
    assert.equal(seen, [], `${user} published`);
  }
});

/** An API request as a user; the server refuses it when nothing comes back in time. */
const apiRefused = async (user: string, path: string, body: unknown): Promise<void> => {
  const { bus } = portsOf({ connection: as(user) });
  try {
    await bus.request(`$JS.API.${path}`, encodeJson(body), { timeoutMs: 500 });
  } catch (error) {
    assert.ok(error instanceof PawlError, String(error));
    assert.ok(['not-authorized', 'no-answer'].includes(error.code), error.code);
    return;
  }
  assert.unreachable(`${user} could call ${path}`);
};

test('nobody but hosts creates consumers, so nobody makes the server deliver elsewhere', async () => {
  const config = { deliver_subject: 'pawl.in.admin.part.x', ack_policy: 'none' };
  for (const user of ['client', 'worker', 'viewer', 'relay'])
    for (const stream of ['PAWL_JOURNAL', 'PAWL_COMMANDS_REGULAR', 'KV_pawl-registry'])
      await apiRefused(user, `CONSUMER.CREATE.${stream}.evil`, { stream_name: stream, config });
});

test('nobody but the one with the purge right removes history', async () => {
  for (const user of ['client', 'worker', 'host', 'viewer', 'relay', 'projector', 'operator'])
    for (const verb of ['PURGE', 'DELETE', 'MSG.DELETE'])
      await apiRefused(user, `STREAM.${verb}.PAWL_JOURNAL`, { seq: 1 });
});

test('clients and workers read neither the journal nor the snapshots', async () => {
  for (const user of ['client', 'worker', 'viewer', 'relay', 'projector'])
    for (const stream of ['PAWL_JOURNAL', 'KV_pawl-snapshots', 'PAWL_COMMANDS_REGULAR']) {
      // A relay must know its own entries again, and a projector projects states.
      if (user === 'relay' && stream === 'PAWL_JOURNAL') continue;
      if (user === 'projector' && stream === 'KV_pawl-snapshots') continue;
      await apiRefused(user, `STREAM.MSG.GET.${stream}`, { seq: 1 });
      await apiRefused(user, `DIRECT.GET.${stream}`, { seq: 1 });
    }
});

test('a relay reads entries and dead letters, a projector reads states', async () => {
  const relay = portsOf({ connection: as('relay') });
  const part = { type: 'part', id: 'bike-frame' };
  assert.ok((await relay.journal.read(part)).length > 0);
  assert.is((await relay.journal.last(part, 'child'))?.kindToken, 'child');
  await relay.deadLetters.list({ limit: 1 });
  const projector = portsOf({ connection: as('projector') });
  const { snapshots } = await projector.snapshots.changes('part', undefined, 10);
  assert.ok(snapshots.length > 0);
});

test('an operator gives orders, finds what is stuck and handles dead letters', async () => {
  const operator = openOperator({ connection: as('operator'), name: 'ops', by: 'ada' });
  const part = operator.actor('part', 'bike-wheel');
  await part.pause({ why: 'a test' });
  const { state } = await part.resume();
  assert.is(state.parked, undefined);
  for await (const { waits } of operator.stuck({ olderMs: 0 })) assert.ok(waits.length > 0);
  const { journal, deadLetters } = portsOf({ connection: admin });
  const { sequence } = await journal.append(entry('event', { type: 'NEVER' }));
  const id = `journal-${sequence}`;
  while ((await deadLetters.load(id)) === undefined) await part.load();
  try {
    await operator.deadLetters.redrive(id);
    assert.unreachable('no such event');
  } catch (error) {
    assert.is((error as PawlError).code, 'unknown-event');
  }
  await operator.deadLetters.discard(id);
  assert.is(await deadLetters.load(id), undefined);
  await operator.close();
});

test('a rollup cannot wipe the journal, whoever sends it', async () => {
  const { journal, bus } = portsOf({ connection: admin });
  const before = await journal.read({ type: 'product', id: 'bike' });
  bus.publish('pawl.in.event.product.bike', encodeBody({ type: 'SELL' }), { 'Nats-Rollup': 'all' });
  await bus.flush();
  const after = await journal.read({ type: 'product', id: 'bike' });
  assert.is(after.length, before.length);
});

test('no package export lets a client publish a command', () => {
  assert.equal(
    Object.keys(client).filter((name) => /command|publish/i.test(name)),
    [],
  );
});

test.after(async () => {
  await client.close();
  await worker.stop();
  await host.stop();
  for (const connection of connections.values()) await connection.close();
  await admin.close();
  await server.stop();
});

test.run();

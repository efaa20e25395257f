// Schedules under permissions: a host that declares, a worker for the built-in types, an operator.
import { permissionsOf, type PermissionOptions } from '@pawl/jetstream';
import { builtInTasks } from '@pawl/worker';
import {
  connect,
  openClient,
  portsOf,
  provision,
  schedule,
  startHost,
  startNatsServer,
  startWorker,
  type Connection,
  type Schedule,
} from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';

const test = suite('schedule permissions');

const ROLES: Readonly<Record<string, PermissionOptions>> = {
  whole: { role: 'host', service: 'office', partitions: 1 },
  bare: { role: 'host', service: 'office', partitions: 1, builtInWorker: false },
  builtin: { role: 'worker', service: 'pawl' },
  client: { role: 'client', client: 'desk' },
  operator: { role: 'operator', client: 'ops' },
};

const users = Object.entries(ROLES).map(([user, options]) => {
  const permissions = permissionsOf({ ...options, inboxPrefix: `_INBOX_${user}` });
  return `{ user: ${user}, password: secret, permissions: ${JSON.stringify(permissions)} }`;
});

const server = await startNatsServer({
  configuration: `authorization { users = [
{ user: admin, password: secret }
${users.join('\n')}
] }`,
});

const opened: Connection[] = [];
const connectAs = async (user: string): Promise<Connection> => {
  const inboxPrefix = `_INBOX_${user}`;
  const connection = await connect({ servers: server.url, user, pass: 'secret', inboxPrefix });
  opened.push(connection);
  return connection;
};

await provision(await connectAs('admin'), { partitions: 1 });

const note = setup({ types: { events: {} as { type: 'SEEN' } } }).createMachine({
  id: 'note',
  version: '1',
  initial: 'fresh',
  states: { fresh: { on: { SEEN: 'seen' } }, seen: {} },
});

const look = (name: string): Schedule =>
  schedule({
    name,
    cron: '* * * * * *',
    target: { type: 'note', states: ['fresh'], event: { type: 'SEEN' } },
  });

/** A note is seen by the fan-out of a schedule, which an operator then removes. */
const works = async (user: string, name: string): Promise<void> => {
  const host = await startHost({
    connection: await connectAs(user),
    service: 'office',
    machines: { note },
    schedules: [look(name)],
    topology: false,
    builtInWorker: user === 'whole',
  });
  assert.equal(host.schedules.created, [name]);
  const client = openClient({ connection: await connectAs('client'), name: 'desk' });
  const paper = client.actor(note, name);
  await paper.create(undefined);
  await paper.waitFor(({ value }) => value === 'seen', { timeoutMs: 20_000 });
  await client.actor('schedule', name).send({ type: 'REMOVE' });
  await portsOf({ connection: await connectAs('operator') }).registry.removeSchedule(name);
  await client.close();
  await host.stop();
};

test('a host that also serves the built-in types needs nobody else', () => works('whole', 'one'));

test('a host may leave them to a worker of the service pawl', async () => {
  const connection = await connectAs('builtin');
  const ports = portsOf({ connection });
  const tasks = builtInTasks(ports);
  const worker = await startWorker({ connection, service: 'pawl', tasks });
  await works('bare', 'other');
  // What a second attempt of a fan-out does, to send nothing twice.
  const entries = await ports.journal.read({ type: 'note', id: 'other' }, { from: 1 });
  assert.ok(entries.some(({ kindToken }) => kindToken === 'event'));
  await worker.stop();
});

test.after(async () => {
  for (const connection of opened) await connection.close();
  await server.stop();
});

test.run();

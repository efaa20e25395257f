// A type that no host serves: ls goes on without it, the doctor names the way out, and it is
// given back. All commands run with an operator's permissions.
import { permissionsOf } from '@pawl/jetstream';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from '../src/cli/program.ts';
import {
  connect,
  openClient,
  portsOf,
  startHost,
  type Connection,
  type Host,
} from '../src/index.ts';
import { box, disk } from './doctor/patients.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const test = suite('retire');

const login = { user: 'operator', pass: 'secret' };
const permissions = permissionsOf({ role: 'operator', client: 'pawl-cli' });

let server: NatsServer;
let connection: Connection;
let storage: Host;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const pawl = async (...words: string[]): Promise<Ran> => {
  const terminal = createFakeTerminal();
  const code = await runProgram(words, terminal, { server: server.url, login, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

const attic = (): Promise<Host> =>
  startHost({ connection, service: 'attic', machines: { box }, builtIns: false });

test.before(async () => {
  server = await startNatsServer({
    configuration: `authorization { users = [
      { user: admin, password: secret }
      { user: operator, password: secret, permissions: ${JSON.stringify(permissions)} }
    ] }`,
  });
  connection = await connect({ servers: server.url, user: 'admin', pass: 'secret' });
  storage = await startHost({ connection, service: 'storage', machines: { disk } });
  const client = openClient({ connection });
  const old = await attic();
  await client.actor(box, 'b-1').create({});
  await client.actor(disk, 'd-1').create({});
  await old.stop();
  await client.close();
});

test.after(async () => {
  await storage.stop();
  await connection.close();
  await server.stop();
});

test('an entry of a type that no service has ever owned is advice, with the way out', async () => {
  await connection.nats.request('pawl.in.create.nonsense.x', '{}');
  const { out } = await pawl('doctor', '--no-canary');
  const line = out.split('\n').find((each) => each.includes('type-unowned')) ?? '';
  assert.match(line, /^advice\ttype-unowned\t.*nonsense.*1 actor/);
  assert.match(
    line,
    /startHost.*or.*nats stream purge PAWL_JOURNAL --subject 'pawl\.journal\.\*\.nonsense\.>'/,
  );
});

test('an entry under a literal wildcard is advice: the broker stored it, and no host is told', async () => {
  for (const id of ['*', '>']) await connection.nats.request(`pawl.in.create.disk.${id}`, '{}');
  const { out } = await pawl('doctor', '--no-canary');
  const line = out.split('\n').find((each) => each.includes('entries-untaken')) ?? '';
  assert.match(
    line,
    /^advice\tentries-untaken\t.*pawl\.in\.create\.disk\.\*, pawl\.in\.create\.disk\.>/,
  );
});

test('ls shows what it can, and says which type no host answers for', async () => {
  const { code, out, err } = await pawl('--timeout', '1s', 'ls');
  assert.is(code, 0, err);
  assert.match(out, /^disk\td-1\t/m);
  assert.not.match(out, /^box\t/m);
  assert.is(err.split('\n').length, 1, err);
  assert.match(err, /^No host answers for box: .*pawl retire box/);
  const one = await pawl('--timeout', '1s', 'ls', 'box');
  assert.is(one.code, 3);
  assert.match(one.err, /^error no-answer: /);
});

test('a type that a host serves is not given back', async () => {
  const { code, err } = await pawl('retire', 'disk', '--yes');
  assert.is(code, 1);
  assert.match(err, /^error type-served: .*disk.*storage.*stop/i);
  assert.is((await portsOf({ connection }).registry.machines('disk')).length, 1);
});

test('a type with actors that have not ended is given back only when told so', async () => {
  const { code, err } = await pawl('retire', 'box', '--yes');
  assert.is(code, 1);
  assert.match(err, /^error type-in-use: .*1 actor.*--force/i);
  const missing = await pawl('doctor', '--no-canary');
  assert.match(missing.out, /^broken\thost-missing\t.*box.*pawl retire box/m);
  const done = await pawl('retire', 'box', '--force', '--yes');
  assert.is(done.code, 0, done.err);
  const quiet = await pawl('doctor', '--no-canary');
  assert.not.match(quiet.out, /host-missing/);
  assert.not.match((await pawl('--timeout', '1s', 'ls')).err, /box/);
  const unknown = await pawl('retire', 'box', '--yes');
  assert.match(unknown.err, /^error unknown-type: /);
});

test('another service may have the type then, and its host folds what is in the journal', async () => {
  const host = await startHost({ connection, service: 'loft', machines: { box }, builtIns: false });
  const client = openClient({ connection });
  assert.is((await client.actor(box, 'b-1').load()).value, 'idle');
  await client.actor(box, 'b-2').create({});
  const names = (await portsOf({ connection }).registry.machines('box')).map(
    (each) => each.service,
  );
  assert.equal(names, ['loft']);
  await client.close();
  await host.stop();
});

test('a built-in type stays', async () => {
  const { err } = await pawl('retire', 'limit', '--yes');
  assert.match(err, /^error reserved-type: /);
});

test.run();

// `pawl outbox` against a real PostgreSQL and a real nats-server.
import { startNatsServer } from '@pawl/nats-server';
import { pgDatabase } from '@pawl/outbox/pg';
import { startPostgres } from '@pawl/testing/postgres';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { runProgram } from '../src/cli/program.ts';
import { connect, openClient, startHost, startRelay } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const types: { events?: { type: 'ON' } | { type: 'OFF' } } = {};

const lamp = setup({ types }).createMachine({
  id: 'lamp',
  version: '1',
  initial: 'off',
  states: { off: { on: { ON: 'on' } }, on: { on: { OFF: 'off' } } },
});

const postgres = await startPostgres();
const server = await startNatsServer();
const connection = await connect({ servers: server.url });
const host = await startHost({ connection, service: 'light', machines: { lamp } });
const client = openClient({ connection });
const database = pgDatabase(postgres.url);

const test = suite('pawl outbox');
test.after(async () => {
  await client.close();
  await host.stop();
  await connection.close();
  await server.stop();
  await postgres.stop();
});

const run = async (...words: string[]) => {
  const terminal = createFakeTerminal();
  const defaults = { server: server.url, version: '0', database: postgres.url };
  const exitCode = await runProgram(['outbox', ...words], terminal, defaults);
  return { exitCode, text: terminal.out.join('\n'), errors: terminal.err.join('\n') };
};

test('without a database it says how to name one', async () => {
  const terminal = createFakeTerminal();
  const exitCode = await runProgram(['outbox', 'status'], terminal, {
    server: undefined,
    version: '0',
  });
  assert.is(exitCode, 2);
  assert.match(terminal.err.join('\n'), /PAWL_DATABASE/);
});

test('migrate, again, and status', async () => {
  assert.match((await run('status')).errors, /pawl outbox migrate/);
  assert.match((await run('migrate')).text, /has version 1 now/);
  assert.match((await run('migrate')).text, /has version 1 already/);
  const { text } = await run('status', '--json');
  const status = JSON.parse(text) as Record<string, unknown>;
  assert.equal(
    [status['waiting'], status['refused'], status['relays'], status['lanesFree']],
    [0, 0, 0, 16],
  );
});

test('what was refused is listed and redriven', async () => {
  const relay = await startRelay({ connection, database });
  const session = await database.open();
  await session.execute(`SELECT pawl.create('lamp', 'desk'), pawl.send('lamp', 'desk', $1)`, [
    '{"type":"OFF"}',
  ]);
  while (relay.counters.refused === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const { text } = await run('ls');
  assert.match(text, /lamp\/desk\tevent\t.*event-refused/);
  const [number = ''] = text.split('\n')[1]?.split('\t') ?? [];
  assert.match((await run('redrive')).errors, /Which ones/);

  await client.actor(lamp, 'desk').send({ type: 'ON' });
  const { text: said, exitCode } = await run('redrive', number);
  assert.is(exitCode, 0);
  assert.match(said, /sent again as/);
  const state = await client.actor(lamp, 'desk').waitFor((now) => now.value === 'off');
  assert.is(state.value, 'off');
  assert.match((await run('redrive', number)).errors, /redriven before/);
  assert.match((await run('redrive', '--all', '--yes')).text, /nothing done/);
  await session.close();
  await relay.stop();
});

test.run();

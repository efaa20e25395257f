// A publisher with nothing but a socket: what `nats pub` sends, byte for byte.
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { connect, openClient, portsOf, startHost, startNatsServer } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { counter } from './scenario/counter.machine.ts';

const test = suite('plain nats');

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
const ports = portsOf({ connection });
const host = await startHost({
  connection,
  service: 'count',
  machines: { counter },
  topology: { partitions: 2 },
});
const client = openClient({ connection });

/** Publishes over a bare socket, without a client: CONNECT, PUB, PING, and waits for the PONG. */
const publish = async (subject: string, body: string): Promise<void> => {
  const socket = connectSocket(server.port, '127.0.0.1');
  await once(socket, 'data'); // INFO
  const connectLine = `CONNECT ${JSON.stringify({ verbose: false, pedantic: false })}\r\n`;
  socket.write(`${connectLine}PUB ${subject} ${Buffer.byteLength(body)}\r\n${body}\r\nPING\r\n`);
  for (;;) {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    if (bytes.toString().includes('PONG')) break;
  }
  socket.destroy();
};

test('an event from the command line advances the actor', async () => {
  const one = client.actor(counter, 'c-1');
  await one.create({ start: 1 });
  await publish('pawl.in.event.counter.c-1', ' \n {"type":"ADD","by":4}');
  const state = await one.waitFor(({ context }) => context.count === 5, { timeoutMs: 5_000 });
  assert.is(state.value, 'counting');
});

test('a create without a version is born with the newest, and the journal says so', async () => {
  await publish('pawl.in.create.counter.c-2', '{"input":{"start":7}}');
  const two = client.actor(counter, 'c-2');
  const state = await two.waitFor(({ context }) => context.count === 7, { timeoutMs: 5_000 });
  assert.is(state.context.count, 7);
  const events = (await two.history()).map(({ event }) => event);
  assert.equal(events, ['create', 'born']);
});

test('a malformed event is a dead letter with its text, and the next one is folded', async () => {
  await publish('pawl.in.event.counter.c-1', '{"type":"ADD","by":');
  await publish('pawl.in.event.counter.c-1', '{"type":"ADD","by":1}');
  const one = client.actor(counter, 'c-1');
  await one.waitFor(({ context }) => context.count === 6, { timeoutMs: 5_000 });
  const letter = (await ports.deadLetters.list()).find(({ actor }) => actor?.id === 'c-1');
  assert.is(letter?.error.code, 'invalid-body');
  assert.equal(letter?.body, { text: '{"type":"ADD","by":' });
  assert.is(letter?.subject, 'pawl.in.event.counter.c-1');
});

test('an event for a type that nobody has stays in the journal until somebody has it', async () => {
  const { bus, subjects, journal } = ports;
  const stored = new Promise<void>((resolve) => {
    const live = bus.subscribe(subjects.live({ type: 'later', id: '*' }, 'event'), () => {
      live.stop();
      resolve();
    });
  });
  await bus.flush();
  await publish('pawl.in.event.later.l-1', '{"type":"ADD","by":1}');
  await stored;
  const entries = await journal.read({ type: 'later', id: 'l-1' });
  assert.is(entries.length, 1);
  const letters = await ports.deadLetters.list();
  assert.not(
    letters.some(({ actor }) => actor?.type === 'later'),
    'nothing was thrown away',
  );
});

test('a core subject outside of the journal changes nothing', async () => {
  const head = await ports.journal.head({ type: 'counter', id: 'c-1' });
  await publish('pawl.event.counter.c-1', '{"type":"ADD","by":1}');
  assert.is(await ports.journal.head({ type: 'counter', id: 'c-1' }), head);
});

test.after(async () => {
  await client.close();
  await host.stop();
  await connection.close();
  await server.stop();
});

test.run();

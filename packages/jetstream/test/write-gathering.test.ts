// One write per turn of the event loop: fewer writes, the same order, and nothing left behind.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect as connectNats, type NatsConnection } from 'nats';
import { wrapConnection } from '../src/connection.ts';
import { gatherWrites } from '../src/write-gathering.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('write gathering');
let server: TestServer;
let listener: NatsConnection;

test.before(async () => {
  server = await startTestServer({ topology: false });
  listener = await connectNats({ servers: server.server.url });
});
test.after(async () => {
  await listener.close();
  await server.stop();
});

/** The numbers that arrive on a subject, and a promise for the time when there are so many. */
const listen = async (
  subject: string,
  expected: number,
): Promise<{ readonly heard: number[]; readonly complete: Promise<void> }> => {
  const heard: number[] = [];
  const complete = new Promise<void>((resolve) => {
    listener.subscribe(subject, {
      callback: (_error, message) => {
        heard.push(Number(message.string()));
        if (heard.length === expected) resolve();
      },
    });
  });
  await listener.flush();
  return { heard, complete };
};

interface Transport {
  send(frame: Uint8Array): void;
}

const transportOf = (nats: NatsConnection): Transport =>
  (nats as unknown as { readonly protocol: { readonly transport: Transport } }).protocol.transport;

test('what is published after promises of one turn leaves in one write, in order', async () => {
  const nats = await connectNats({ servers: server.server.url });
  gatherWrites(nats);
  const { heard, complete } = await listen('gathered', 50);
  const transport = transportOf(nats);
  const send = transport.send.bind(transport);
  let writes = 0;
  transport.send = (frame) => {
    writes += 1;
    send(frame);
  };
  const publish = async (): Promise<void> => {
    for (let number = 0; number < 50; number += 1) {
      nats.publish('gathered', String(number));
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  await publish();
  assert.is(writes, 0);
  await complete;
  assert.is(writes, 1);
  assert.equal(
    heard,
    heard.map((_, index) => index),
  );
  await nats.close();
});

test('a large amount does not wait for the end of the turn', async () => {
  const nats = await connectNats({ servers: server.server.url });
  gatherWrites(nats);
  const transport = transportOf(nats);
  const send = transport.send.bind(transport);
  let bytes = 0;
  transport.send = (frame) => {
    bytes += frame.length;
    send(frame);
  };
  for (let number = 0; number < 8; number += 1) nats.publish('large', new Uint8Array(20 * 1024));
  assert.ok(bytes >= 64 * 1024, `${bytes} bytes`);
  await nats.close();
});

test('close and drain send what was published before', async () => {
  for (const end of ['close', 'drain'] as const) {
    const connection = wrapConnection(await connectNats({ servers: server.server.url }));
    const { complete } = await listen(`last.${end}`, 1);
    connection.nats.publish(`last.${end}`, '1');
    await connection[end]();
    await complete;
  }
});

test('a connection without the known inside is left alone', () => {
  const writeNow = gatherWrites({} as unknown as NatsConnection);
  assert.not.throws(writeNow);
});

test.run();

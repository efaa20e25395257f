// Forms on the wire: ack subjects, headers, integration events, dead letters, names with a prefix.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { waitInRealTime } from '@pawl/testing/contracts';
import { parseAckSubject } from '../src/ack-subject.ts';
import { topologyNames, type OpenPorts } from '../src/index.ts';
import { encodeHeaders, parseHeaderBlock } from '../src/wire-headers.ts';
import { startTestServer, type TestServer } from './server.ts';

const test = suite('wire');
let server: TestServer;
let ports: OpenPorts;
let jsm: JetStreamManager;

test.before(async () => {
  server = await startTestServer({ topology: { partitions: 2 } });
  const opened = await server.open();
  ports = opened.ports;
  jsm = await jetstreamManager(opened.connection.nats);
});
test.after(() => server.stop());

test('both forms of ack subjects are read', () => {
  const expected = {
    stream: 'PAWL_JOURNAL',
    consumer: 'host-storage-3',
    deliveries: 2,
    streamSequence: 77,
    consumerSequence: 12,
    time: 1_795_492_331_978,
    pending: 5,
  };
  const rest = 'PAWL_JOURNAL.host-storage-3.2.77.12.1795492331978999999.5';
  assert.equal(parseAckSubject(`$JS.ACK.${rest}`), expected);
  assert.equal(parseAckSubject(`$JS.ACK._.ACCHASH.${rest}`), expected);
  assert.equal(parseAckSubject(`$JS.ACK.hub.ACCHASH.${rest}.random`), expected);
  assert.is(parseAckSubject('_INBOX.abc.1'), undefined);
  assert.is(parseAckSubject('$JS.ACK.too.short'), undefined);
});

test('times of deliveries and of reads are the same ms', async () => {
  const actor = { type: 'volume', id: 'times' };
  await ports.journal.provisionConsumers('times', ['volume']);
  const delivered: number[] = [];
  const consumers = await Promise.all(
    [0, 1].map((partition) =>
      ports.journal.consume('times', partition, {
        onDelivery: ({ entry }) => delivered.push(entry.time),
        onUnpinned: () => undefined,
        onTrouble: () => undefined,
      }),
    ),
  );
  const count = 300;
  for (let index = 0; index < count; index += 1)
    await ports.journal.append({ ...actor, kindToken: 'event', body: Buffer.from('{}') });
  const stream = await jsm.streams.get('PAWL_JOURNAL');
  const read = (await ports.journal.read(actor)).map(({ time }) => time);
  await waitInRealTime(() => delivered.length === count);
  assert.equal(read, delivered);
  const stored = await stream.getMessage({ seq: 1 });
  assert.is(Math.floor(stored?.time.getTime() ?? 0), read[0]);
  for (const consumer of consumers) await consumer.close();
});

test('headers survive: UTF-8, colons, empty values; of repeated ones the first counts', () => {
  const headers = { a: 'ü: x', b: '', c: '"\\u000a"' };
  const block = (
    encodeHeaders(headers, { own: '1' }) as unknown as { encode(): Uint8Array }
  ).encode();
  assert.equal(parseHeaderBlock(block).headers, { own: '1', ...headers });
  const repeated = Buffer.from('NATS/1.0\r\nx: 1\r\nx: 2\r\nno-colon\r\n\r\n');
  assert.equal(parseHeaderBlock(repeated).headers, { x: '1' });
  assert.equal(parseHeaderBlock(Buffer.from('NATS/1.0\r\n\r\n')).headers, {});
  assert.equal(parseHeaderBlock(Buffer.from('NATS/1.0')).headers, {});
  assert.is(encodeHeaders(undefined, undefined), undefined);
});

test('an integration event is a CloudEvent in binary mode', async () => {
  const event = { type: 'volume.created "now"', sizeGiB: 5 };
  const actor = { type: 'volume', id: 'v-1' };
  const emitted = { actor, id: 'volume/v-1/é@1-0-a', event, time: 1_700_000_000_000 };
  await ports.emitted.publish(emitted);
  await ports.emitted.publish(emitted);
  const { state } = await jsm.streams.info('PAWL_EMITTED');
  assert.is(state.messages, 1);
  const stored = await jsm.streams.getMessage('PAWL_EMITTED', { seq: 1 });
  assert.is(stored?.subject, 'pawl.emitted.volume.v-1.volume.created=20==22=now=22=');
  assert.equal(stored?.json(), event);
  const header = (name: string): string | undefined => stored?.header.get(name);
  assert.is(header('ce-specversion'), '1.0');
  assert.is(header('ce-id'), 'volume/v-1/%C3%A9@1-0-a');
  assert.is(header('ce-source'), '/pawl/volume/v-1');
  assert.is(header('ce-type'), 'volume.created%20%22now%22');
  assert.is(header('ce-time'), '2023-11-14T22:13:20.000Z');
  assert.is(header('content-type'), 'application/json');
});

test('a dead letter of the same id is stored once, also after the dedupe window', async () => {
  const letter = {
    id: 'volume/v-1/create@1-0-a',
    error: { code: 'invalid-body', message: 'no map' },
    time: 1,
  };
  await ports.deadLetters.publish(letter);
  await jsm.streams.update('PAWL_DEAD_LETTERS', { duplicate_window: 100_000_000 });
  await ports.deadLetters.publish({ ...letter, time: 2 });
  assert.equal(await ports.deadLetters.list(), [letter]);
});

test('a callback that throws is an uncaught exception; the next message comes', async () => {
  const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
  const seen: string[] = [];
  ports.bus.subscribe('pawl.test.throws', (message) => {
    const text = Buffer.from(message.body).toString();
    if (text === 'bad') throw new Error('the callback is broken');
    seen.push(text);
  });
  await ports.bus.flush();
  for (const text of ['bad', 'good']) ports.bus.publish('pawl.test.throws', Buffer.from(text));
  assert.match(String(await surfaced), /the callback is broken/);
  await waitInRealTime(() => seen.includes('good'));
});

test('names under a prefix are valid for streams and buckets', () => {
  const names = topologyNames('my.app');
  assert.is(names.journal, 'MY_APP_JOURNAL');
  assert.is(names.commands('heavy'), 'MY_APP_COMMANDS_HEAVY');
  assert.is(names.snapshots, 'my_app-snapshots');
});

test.run();

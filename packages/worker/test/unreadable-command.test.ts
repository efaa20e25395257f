// A command that nobody can read: one dead letter, which always fits, and the command is done with.
import { PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startWorker, type Worker, type WorkerOptions } from '../src/index.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

const start = (host: ScriptedHost, options: Partial<WorkerOptions> = {}): Promise<Worker> =>
  startWorker({
    ports: host.workerPorts,
    service: 'storage',
    tasks: [],
    clock: host.clock,
    ...options,
  });

const test = suite('unreadable command');

test('an unreadable command goes to the dead letters and is acknowledged', async () => {
  const host = createScriptedHost();
  const worker = await start(host);
  await host.publish('create-volume', {}, { body: new TextEncoder().encode('{"task":1') });
  await host.publish('create-volume', {}, { body: new TextEncoder().encode('{"task":"other"}') });
  await host.clock.settle();
  assert.equal(
    host.broker.deadLetters().map(({ id, error }) => [id, error.code]),
    [
      ['volume/vol-1/create-volume@1-0-abcdefgh', 'invalid-body'],
      ['volume/vol-1/create-volume@2-0-abcdefgh', 'invalid-entry'],
    ],
  );
  assert.equal(host.broker.commands(), []);
  await worker.stop();
});

test('an unreadable command: its letter is cut where it is too large, with the body in one shape', async () => {
  const host = createScriptedHost();
  const worker = await start(host);
  await host.publish('create-volume', {}, { body: new TextEncoder().encode('{"task":1') });
  await host.publish('create-volume', {}, { body: new Uint8Array([0xc1]) });
  await host.publish('create-volume', {}, { body: new Uint8Array(1_000_000).fill(0xc1) });
  // A control character is six bytes of JSON.
  await host.publish('create-volume', {}, { body: new Uint8Array(500_000).fill(1) });
  await host.clock.settle();
  assert.equal(
    host.broker.deadLetters().map(({ body }) => body),
    [{ text: '{"task":1' }, { base64: 'wQ==' }, { bytes: 1_000_000 }, { bytes: 500_000 }],
  );
  assert.equal(host.broker.commands(), []);
  await worker.stop();
});

for (const [code, isKept] of [
  ['broker-refused', true],
  ['not-authorized', false],
] as const)
  test(`an unreadable command whose letter fails with ${code} ${isKept ? 'comes again' : 'is done with'}`, async () => {
    const host = createScriptedHost();
    const lines: string[] = [];
    const worker = await start(host, {
      log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    host.workerPorts.deadLetters.publish = async () => {
      throw new PawlError(code, 'No letters today.');
    };
    await host.publish('create-volume', {}, { body: new TextEncoder().encode('{"task":1') });
    await host.clock.advance('12s');
    assert.is(host.broker.commands().length, isKept ? 1 : 0);
    const told = lines.filter((line) => line.includes(code));
    assert.ok(told.length > 0 && told.every((line) => line.startsWith('error')));
    await worker.stop();
  });

test.run();

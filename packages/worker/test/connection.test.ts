// What a worker says of a connection that is lost and comes back.
import { command } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { startWorker, task } from '../src/index.ts';
import { createScriptedHost } from './scripted-host.ts';

const test = suite('connection of a worker');

test('a lost connection is one line in the log, however many queues miss it', async () => {
  const host = createScriptedHost();
  const lines: string[] = [];
  const worker = await startWorker({
    ports: host.workerPorts,
    service: 'storage',
    tasks: [],
    clock: host.clock,
    log: (level, message, fields) => {
      if (level !== 'debug') lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    },
  });
  host.workerPorts.connection.cut();
  await host.clock.advance('3s');
  host.workerPorts.connection.restore();
  await host.clock.advance('1s');
  const [lost = '', back = '', ...others] = lines;
  assert.match(lost, /^warn The connection to the broker is lost/);
  assert.match(back, /^info The connection to the broker is back \{"awayMs":3000\}/);
  assert.equal(others, []);
  await worker.stop();
});

const hang = command({
  name: 'hang',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({}),
  deadlineMs: 600_000,
});

for (const how of ['cut', 'stall'] as const)
  test(`a worker with tasks that never end stops in time, its connection ${how}`, async () => {
    const host = createScriptedHost();
    const worker = await startWorker({
      ports: host.workerPorts,
      service: 'storage',
      tasks: [task(hang, () => new Promise<never>(() => undefined))],
      clock: host.clock,
    });
    for (const name of ['one', 'two', 'three']) await host.publish('hang', { name });
    await host.clock.settle();
    assert.is(worker.busy().regular, 3);
    host.workerPorts.connection[how]();
    let ended: unknown;
    void worker.stop({ graceMs: 5_000 }).then(
      () => (ended = 'in order'),
      (error: unknown) => (ended = error),
    );
    await host.clock.advance('9s');
    assert.is(ended, 'in order');
  });

test.run();

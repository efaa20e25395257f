// What a worker says of a connection that is lost and comes back.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startWorker } from '../src/index.ts';
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

test.run();

// Tasks that go on after their timeout: how many slots they keep.
import { command } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { startWorker, task } from '../src/index.ts';
import { createScriptedHost } from './scripted-host.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
  deadlineMs: 600_000,
});

const test = suite('overdue task');

test('slots of tasks that look at no signal are counted and told, and free when they end', async () => {
  const host = createScriptedHost();
  const lines: string[] = [];
  const ends: (() => void)[] = [];
  const worker = await startWorker({
    ports: host.workerPorts,
    service: 'storage',
    slots: { regular: 2 },
    tasks: [
      task(createVolume, async ({ name }) => {
        await new Promise<void>((resolve) => ends.push(resolve));
        return { backendId: name };
      }),
    ],
    clock: host.clock,
    log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
  await host.publish('create-volume', { name: 'one' }, { timeoutMs: 1_000 });
  await host.clock.advance('5s');
  assert.is(worker.overdue().regular, 0, 'it may still hear its signal');
  await host.clock.advance('2s');
  assert.is(worker.overdue().regular, 1);
  await host.publish('create-volume', { name: 'two' }, { timeoutMs: 1_000 });
  await host.clock.advance('10s');
  assert.is(worker.overdue().regular, 2);
  const told = lines.filter((line) => line.includes('after its timeout and keeps its slot'));
  assert.equal(
    told.map((line) => line.split(' ')[0]),
    ['warn', 'error'],
  );
  assert.match(told[1] ?? '', '"overdue":2,"slots":2');
  for (const end of ends) end();
  await host.clock.settle();
  assert.is(worker.overdue().regular, 0);
  assert.is(worker.busy().regular, 0);
  await worker.stop();
});

test.run();

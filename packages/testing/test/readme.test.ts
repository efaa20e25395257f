// The README's example, compiled and run; and a check that it is the README's.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate, testActor } from '@pawl/testing';
import { pending, task } from '@pawl/worker';
import { awaitVolume, createVolume, volume } from './volume.machine.ts';

const test = suite('README of the testing kit');

test('a volume is created', async () => {
  const tasks = { createVolume: () => ({ backendId: 'b-1' }), awaitVolume: [{ ready: true }] };
  const vol = testActor(volume, { input: { name: 'data', sizeGiB: 20 }, tasks });
  await vol.settle();
  assert.ok(vol.state.matches('ok'));
});

test('volumes keep every promise while everything fails', async () => {
  const report = await simulate({
    service: 'storage',
    machines: { volume },
    tasks: () => [
      task(createVolume, ({ name }) => ({ backendId: `backend-${name}` })),
      task(awaitVolume, (_input, { isRedelivery }) => (isRedelivery ? { ready: true } : pending())),
    ],
    events: (random) =>
      ['vol-1', 'vol-2', 'vol-3'].flatMap((id) => [
        { kind: 'create', type: 'volume', id, input: { name: id, sizeGiB: 20 }, at: 0 },
        {
          kind: 'send',
          type: 'volume',
          id,
          event: { type: random.pick(['DELETE', 'RETRY']) },
          at: random.integer(1_000, 60_000),
        },
      ]),
    worlds: 20,
  });
  assert.is(report.broken, undefined);
});

test('what the README shows stands here', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL(import.meta.url), 'utf8');
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  assert.ok(examples.length > 0);
  for (const example of examples) assert.ok(source.includes(example), example);
});

test.run();

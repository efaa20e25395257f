// testActor: remote children, scripted and with machines of their own.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PawlError } from '@pawl/core';
import { childActor, failed, never, testActor } from '@pawl/testing';
import { instance } from './instance.machine.ts';
import { volume } from './volume.machine.ts';

const test = suite('testActor: children');

/** The code that a promise rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof PawlError ? error.code : String(error)),
  );

const ready = [{ ready: true }] as const;

const tasks = { bootServer: () => ({ serverId: 's-1' }) };

test('a remote child is scripted by a function, and typed', async () => {
  const vm = testActor(instance, {
    tasks,
    children: { disk: ({ name, sizeGiB }, id) => ({ backendId: `${id} ${name} ${sizeGiB}` }) },
  });
  await vm.settle();
  assert.is(vm.state.value, 'ok');
  assert.is(vm.state.context.backendId, 'vol-7 root 8');
});

test('a remote child that fails is an error event, one that never ends is waited for', async () => {
  const failing = testActor(instance, { tasks, children: { disk: failed({ code: 'no-space' }) } });
  await failing.settle();
  assert.is(failing.state.value, 'erred');
  const waiting = testActor(instance, { tasks, children: { disk: never } });
  await waiting.clock.advance('1h');
  assert.equal(waiting.state.waitingFor[0]?.child, { type: 'volume', id: 'vol-7' });
  assert.is(await codeOf(testActor(instance, { tasks }).settle()), 'unknown-type');
});

test('a remote child with a machine is an actor of its own', async () => {
  const vm = testActor(instance, {
    tasks,
    children: {
      disk: childActor(volume, {
        tasks: { createVolume: () => ({ backendId: 'b-7' }), awaitVolume: ready },
      }),
    },
  });
  await vm.settle();
  const disk = vm.actor(volume, 'vol-7');
  assert.is(disk.state.value, 'ok');
  assert.is(vm.state.value, 'creatingVolume');
  await disk.send({ type: 'DELETE' });
  assert.is(vm.state.value, 'ok');
  assert.is(vm.state.context.backendId, 'b-7');
});

test.run();

// A parent that leaves: whatever the child was doing, nothing of it is left in the cloud.
import { remote } from 'pawl';
import { childActor, pending, testActor } from '@pawl/testing';
import type { TaskScripts } from '@pawl/testing';
import { setup } from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instance, volume } from '../src/index.ts';
import { createPretendCloud, refused } from './pretend-cloud.ts';

const test = suite('pawl.stop');

/** Has an instance as long as it is wanted. */
const cluster = setup({
  types: { events: {} as { type: 'UNWANTED' } },
  actors: { instance: remote<typeof instance>('instance') },
}).createMachine({
  id: 'cluster',
  version: '1',
  initial: 'wanted',
  states: {
    wanted: {
      invoke: {
        id: 'instance',
        src: 'instance',
        input: {
          id: 'vm-1',
          input: { id: 'vm-1', flavor: 'm1.small', image: 'debian', volumes: [{ sizeGiB: 10 }] },
        },
        onDone: 'unwanted',
        onError: 'unwanted',
      },
      on: { UNWANTED: 'unwanted' },
    },
    unwanted: {},
  },
});

/** When the parent leaves, by what the child does then. */
const MOMENTS: Record<
  string,
  { volume?: TaskScripts<typeof volume>; server?: TaskScripts<typeof instance>; after: unknown }
> = {
  'while a volume is created': {
    volume: { waitVolume: [pending(3), { status: 'available' }] },
    after: { creating: 'volumes' },
  },
  'while the server boots': {
    server: { waitServer: [pending(3), { status: 'ACTIVE' }] },
    after: { creating: 'starting' },
  },
  'while a failed boot is cleaned up': {
    server: { waitServer: refused('no'), waitServerGone: [pending(3), {}] },
    after: { cleaningUp: 'waitingServerGone' },
  },
  'when it is ok': { after: 'ok' },
  'when it is erred': { server: { createServer: refused('no') }, after: 'erred' },
};

for (const [moment, { volume: volumeScripts, server, after }] of Object.entries(MOMENTS))
  test(`the parent leaves ${moment}`, async () => {
    const cloud = createPretendCloud();
    const volumes = childActor(volume, { tasks: { ...cloud.volumeTasks, ...volumeScripts } });
    const tasks = { ...cloud.serverTasks, ...server };
    const child = childActor(instance, { tasks, children: { volume: volumes } });
    const parent = testActor(cluster, { children: { instance: child } });
    await parent.settle();
    const left = parent.actor(instance, 'vm-1');
    assert.equal(left.state.value, after);
    await parent.send({ type: 'UNWANTED' });
    await parent.clock.advance('5m');
    assert.is(left.state.status, 'done');
    assert.is(parent.actor(volume, 'vm-1-1-1').state.status, 'done');
    assert.equal([[...cloud.volumes], [...cloud.servers]], [[], []]);
  });

test.run();

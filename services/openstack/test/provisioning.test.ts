// Places for provisioning: who waits says behind whom, and nobody waits for what waits for it.
import { childActor, pending, testActor } from '@pawl/testing';
import type { TestActor } from '@pawl/testing';
import { actorAddress, pending as stillAtWork, remote } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { enqueueActions, setup } from 'xstate';
import type { EventFrom } from 'xstate';
import { instance, provisionScope, volume } from '../src/index.ts';
import { createPretendCloud, refused } from './pretend-cloud.ts';

const test = suite('provisioning');

const IDS = Array.from({ length: 6 }, (_, index) => `vm-${index + 1}`);

type InstanceEvent = EventFrom<typeof instance>;

/** Has six instances at once. */
const project = setup({
  types: {
    input: {} as number,
    context: {} as { volumes: number },
    events: {} as { type: 'DROP' },
  },
  actors: { instance: remote<typeof instance>('instance') },
}).createMachine({
  id: 'project',
  version: '1',
  context: ({ input }) => ({ volumes: input }),
  invoke: IDS.map((id) => ({
    id,
    src: 'instance' as const,
    input: ({ context }: { context: { volumes: number } }) => {
      const volumes = Array.from({ length: context.volumes }, () => ({ sizeGiB: 1 }));
      return { id, input: { id, flavor: 'm1.small', image: 'debian', volumes } };
    },
  })),
  on: {
    DROP: {
      actions: enqueueActions(({ enqueue }) => {
        enqueue.sendTo(actorAddress<InstanceEvent>('instance', 'vm-5'), { type: 'DELETE' });
      }),
    },
  },
});

/** Says `pending` three times for each resource. */
const slowly = <Output extends object>(output: Output) => {
  const polls = new Map<string, number>();
  return (input: { readonly backendId?: string; readonly serverId?: string }) => {
    const key = input.backendId ?? input.serverId ?? '';
    const count = (polls.get(key) ?? 0) + 1;
    polls.set(key, count);
    return count > 3 ? output : stillAtWork();
  };
};

const begin = (volumes: number) => {
  const cloud = createPretendCloud();
  const disks = childActor(volume, {
    tasks: { ...cloud.volumeTasks, waitVolume: slowly({ status: 'available' }) },
  });
  const tasks = { ...cloud.serverTasks, waitServer: slowly({ status: 'ACTIVE' }) };
  const children = { instance: childActor(instance, { tasks, children: { volume: disks } }) };
  return { cloud, actor: testActor(project, { input: volumes, children }) };
};

const permitOf = ({ state }: TestActor<typeof instance> | TestActor<typeof volume>) =>
  state.waitingFor.find(({ what }) => what === 'permit');

test('six instances at four places: two are queued, and say behind whom and since when', async () => {
  const { actor } = begin(1);
  await actor.settle();
  const instances = IDS.map((id) => actor.actor(instance, id));
  assert.equal(
    instances.map(({ state }) => state.value),
    [
      ...Array<unknown>(4).fill({ creating: 'volumes' }),
      ...Array<unknown>(2).fill({ creating: 'queued' }),
    ],
  );
  const [first, , , , fifth, sixth] = instances;
  assert.ok(first && fifth && sixth);
  const { status, scopes, behind, since } = permitOf(sixth) ?? {};
  assert.equal(
    { status, scopes, behind },
    {
      status: 'waiting',
      scopes: ['openstack/default/provision-instance'],
      behind: { type: 'instance', id: 'vm-5' },
    },
  );
  assert.is(since, sixth.state.since);
  assert.equal(permitOf(fifth)?.behind, { type: 'instance', id: 'vm-1' });
  assert.is(permitOf(first)?.status, 'held');
  await actor.clock.advance('5m');
  assert.equal([...new Set(instances.map(({ state }) => state.value))], ['ok']);
  assert.equal(instances.map(permitOf), Array(6).fill(undefined));
});

test('an instance that is deleted in the queue is gone at once, and nobody waits for it', async () => {
  const { actor, cloud } = begin(1);
  await actor.send({ type: 'DROP' });
  const fifth = actor.actor(instance, 'vm-5');
  assert.is(fifth.state.status, 'done');
  assert.equal(fifth.commands, []);
  await actor.clock.advance('5m');
  assert.is(actor.actor(instance, 'vm-6').state.value, 'ok');
  assert.is(cloud.servers.size, 5);
});

test('an instance with six volumes and four places of each kind is made', async () => {
  const { actor, cloud } = begin(6);
  await actor.settle();
  const volumes = [1, 2, 3, 4, 5, 6].map((n) => actor.actor(volume, `vm-1-1-${n}`));
  assert.equal(
    volumes.map(({ state }) => state.value),
    [
      ...Array<unknown>(4).fill({ creating: 'waiting' }),
      ...Array<unknown>(2).fill({ creating: 'queued' }),
    ],
  );
  assert.equal(permitOf(actor.actor(volume, 'vm-4-1-1'))?.behind?.type, 'volume');
  await actor.clock.advance('30m');
  for (const id of IDS) assert.is(actor.actor(instance, id).state.value, 'ok', id);
  assert.is(cloud.volumes.size, 36);
});

test('a failed creation gives its place back before it cleans up', async () => {
  const cloud = createPretendCloud();
  const tasks = {
    ...cloud.volumeTasks,
    waitVolume: refused('no'),
    deleteVolume: [pending(9), {}],
  };
  const input = { id: 'vol-1', sizeGiB: 20 };
  const actor = testActor(volume, { id: 'vol-1', input, tasks });
  await actor.settle();
  assert.equal(actor.state.value, { cleaningUp: 'requesting' });
  const released = actor.effects.filter(
    (effect) => effect.kind === 'peer' && effect.event.type === 'pawl.release',
  );
  assert.is(released.length, 1);
});

test('names of settings are part of a scope: others are refused with the create', () => {
  assert.is(provisionScope('prod-2', 'volume'), 'openstack/prod-2/provision-volume');
  const { volumeTasks: tasks } = createPretendCloud();
  for (const settings of ['', 'a/b', 'a b', 'x'.repeat(101)])
    assert.throws(
      () => testActor(volume, { input: { id: 'vol-1', sizeGiB: 1, settings }, tasks }),
      /settings/,
    );
});

test.run();

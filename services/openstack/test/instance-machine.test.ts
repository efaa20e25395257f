// The instance statechart with volumes that are actors of their own, in virtual time.
import { childActor, failed, never, pending, testActor } from '@pawl/testing';
import type { ChildScripts, TaskScripts, TestActor } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instance, volume } from '../src/index.ts';
import { createPretendCloud, refused } from './pretend-cloud.ts';
import type { PretendCloud } from './pretend-cloud.ts';

const test = suite('instance machine');
const SERVER = 'pawl-vm-1';

interface Changes {
  readonly server?: TaskScripts<typeof instance>;
  readonly volume?: TaskScripts<typeof volume>;
}

interface Setting {
  readonly cloud: PretendCloud;
  readonly actor: TestActor<typeof instance>;
  /** The actor of a volume. */
  disk(id: string): TestActor<typeof volume>;
}

const begin = (change: (cloud: PretendCloud) => Changes = () => ({})): Setting => {
  const cloud = createPretendCloud();
  const changes = change(cloud);
  const tasks = { ...cloud.volumeTasks, ...changes.volume };
  const actor = testActor(instance, {
    id: 'vm-1',
    input: {
      id: 'vm-1',
      name: 'web',
      flavor: 'm1.small',
      image: 'debian',
      volumes: [{ sizeGiB: 10 }, { sizeGiB: 20 }],
    },
    tasks: { ...cloud.serverTasks, ...changes.server },
    children: { volume: childActor(volume, { tasks }) },
  });
  return { cloud, actor, disk: (id) => actor.actor(volume, id) };
};

const tasksOf = ({ commands }: Setting['actor']): string[] => commands.map(({ task }) => task);

const assertEmpty = ({ volumes, servers }: PretendCloud): void => {
  assert.equal([[...volumes], [...servers]], [[], []]);
};

test('volumes in parallel, then the server, then ok; deleted in turn, gone', async () => {
  const { actor, cloud, disk } = begin(() => ({
    volume: { waitVolume: [pending(1), { status: 'available' }, { status: 'available' }] },
    server: { waitServer: [pending(3), { status: 'ACTIVE' }] },
  }));
  await actor.settle();
  assert.equal(actor.state.value, { creating: 'volumes' });
  assert.equal([...cloud.volumes], ['pawl-vm-1-1-1', 'pawl-vm-1-1-2']);
  assert.is(disk('vm-1-1-1').state.context.image, 'debian');
  assert.is(disk('vm-1-1-2').state.context.image, undefined);
  assert.is(disk('vm-1-1-2').state.context.sizeGiB, 20);
  await actor.clock.advance('1m');
  assert.is(actor.state.value, 'ok');
  assert.ok(actor.state.hasTag('settled'));
  const [boot] = actor.commands;
  assert.is(boot?.class, 'heavy');
  assert.equal(boot?.input, {
    settings: 'default',
    name: SERVER,
    displayName: 'web',
    flavor: 'm1.small',
    volumes: ['id-of-pawl-vm-1-1-1', 'id-of-pawl-vm-1-1-2'],
  });
  assert.is(actor.commands[1]?.class, 'regular');
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
  assert.is(disk('vm-1-1-1').state.status, 'done');
  assertEmpty(cloud);
  assert.equal(
    actor.emitted.map(({ type }) => type),
    ['instance.ready', 'instance.gone'],
  );
});

test('one failing volume: all is removed, the error names it, RETRY begins anew', async () => {
  let isBroken = true;
  const { actor, cloud, disk } = begin((books) => ({
    volume: {
      createVolume: (input, context) => {
        if (isBroken && input.name.endsWith('-2')) return refused('over quota');
        const create = books.volumeTasks.createVolume;
        return typeof create === 'function' ? create(input, context) : refused('no script');
      },
    },
  }));
  await actor.settle();
  assert.is(actor.state.value, 'erred');
  assert.ok(actor.state.hasTag('settled'));
  assert.equal(actor.state.context.error, {
    code: 'cloud-refused',
    message: 'Volume vm-1-1-2: over quota',
  });
  assert.is(actor.state.context.removalError, undefined);
  assert.is(disk('vm-1-1-1').state.status, 'done');
  assert.is(disk('vm-1-1-2').state.status, 'done');
  assert.not(tasksOf(actor).includes('create-server'));
  assertEmpty(cloud);

  isBroken = false;
  await actor.send({ type: 'RETRY' });
  assert.is(actor.state.value, 'ok');
  assert.equal([...cloud.volumes], ['pawl-vm-1-2-1', 'pawl-vm-1-2-2']);
  assert.is(actor.state.context.error, undefined);
  await actor.send({ type: 'DELETE' });
  assertEmpty(cloud);
  assert.equal(
    actor.emitted.map(({ type }) => type),
    ['instance.erred', 'instance.ready', 'instance.gone'],
  );
});

test('a failing boot: server and volumes are removed, the words of Nova stay', async () => {
  const { actor, cloud } = begin(() => ({
    server: { waitServer: [pending(2), refused('No valid host was found.')] },
  }));
  await actor.clock.advance('1m');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.message, 'No valid host was found.');
  assert.equal(tasksOf(actor), [
    ...['create-server', 'wait-server', 'delete-server', 'wait-server-gone'],
  ]);
  assertEmpty(cloud);
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
});

test('a removal that fails leaves its reason; DELETE and RETRY both begin with it', async () => {
  for (const type of ['DELETE', 'RETRY'] as const) {
    let isBroken = true;
    const { actor, cloud } = begin((books) => ({
      volume: {
        deleteVolume: ({ name }) => {
          if (isBroken && name.endsWith('-1')) return refused('locked');
          books.volumes.delete(name);
          return {};
        },
      },
    }));
    await actor.settle();
    assert.is(actor.state.value, 'ok');
    await actor.send({ type: 'DELETE' });
    assert.is(actor.state.value, 'erred');
    assert.is(actor.state.context.removalError?.message, 'Volume vm-1-1-1: locked');
    assert.equal([[...cloud.servers], [...cloud.volumes]], [[], ['pawl-vm-1-1-1']]);
    isBroken = false;
    await actor.send({ type });
    if (type === 'DELETE') assert.is(actor.state.status, 'done');
    else assert.equal([...cloud.volumes], ['pawl-vm-1-2-1', 'pawl-vm-1-2-2']);
  }
});

test('DELETE while it is created waits until it has settled, well or not', async () => {
  for (const end of [{ status: 'ACTIVE' }, refused('no')]) {
    const { actor, cloud } = begin(() => ({ server: { waitServer: [pending(2), end] } }));
    await actor.settle();
    assert.equal(actor.state.value, { creating: 'starting' });
    await actor.send({ type: 'DELETE' });
    assert.equal(actor.state.value, { creating: 'starting' });
    await actor.clock.advance('1m');
    assert.is(actor.state.status, 'done');
    assertEmpty(cloud);
  }
});

test('a cloud that never answers for a volume: the attempts end it, all is removed', async () => {
  const { actor, cloud } = begin(() => ({
    volume: {
      waitVolume: ({ backendId }) =>
        backendId.endsWith('-2') ? new Promise(() => undefined) : { status: 'available' },
    },
  }));
  await actor.clock.advance('16m');
  assert.equal(actor.state.value, { creating: 'volumes' });
  await actor.clock.advance('15m');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'task-timeout');
  assertEmpty(cloud);
});

/** An instance whose volumes are not run here: only what their actors tell by their end counts. */
const beginWithout = (child: ChildScripts<typeof instance>['volume']) =>
  testActor(instance, {
    id: 'vm-1',
    input: { id: 'vm-1', flavor: 'm1.small', image: 'debian', volumes: [{ sizeGiB: 10 }] },
    tasks: createPretendCloud().serverTasks,
    children: { ...(child !== undefined && { volume: child }) },
  });

test('a volume whose id is another actor: erred, and that actor is left alone', async () => {
  const actor = beginWithout(
    failed({ code: 'actor-exists', message: 'volume/vm-1-1-1 was there before' }),
  );
  await actor.settle();
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'actor-exists');
  assert.is(actor.state.context.removalError, undefined);
  const told = actor.effects.filter((effect) => effect.kind === 'peer');
  assert.equal([...new Set(told.map(({ to }) => to.type))], ['limit']);
});

test('a faulted volume actor: the instance is erred and says what may be left', async () => {
  const actor = beginWithout(failed({ code: 'actor-faulted', message: 'a guard threw' }));
  await actor.settle();
  assert.equal(actor.state.value, { cleaningUp: 'deletingVolumes' });
  await actor.clock.advance('3h');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.message, 'Volume vm-1-1-1: a guard threw');
  assert.is(actor.state.context.removalError?.code, 'deadline-exceeded');
});

test('volumes that nobody hears of: no wait is for ever', async () => {
  const actor = beginWithout(never);
  await actor.clock.advance('7d');
  assert.equal(actor.state.value, { cleaningUp: 'deletingVolumes' });
  await actor.clock.advance('3h');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.message, 'Volumes were not ready in time.');
});

test.run();

// Pulling: the cloud's view is taken over, and a pull heals only what a pull has broken.
import { failed, never, pending, testActor } from '@pawl/testing';
import type { TaskScripts, TestActor } from '@pawl/testing';
import { permanentError } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instance, volume } from '../src/index.ts';
import { createPretendCloud, refused } from './pretend-cloud.ts';
import type { PretendCloud } from './pretend-cloud.ts';

const test = suite('pull');
const OWNER = { type: 'instance', id: 'vm-1' };
const OUTAGE = failed({ code: 'cloud-unavailable', message: '503', retryable: true });

type Scripts = TaskScripts<typeof volume>;

const beginVolume = async (
  change: (cloud: PretendCloud) => Scripts = () => ({}),
): Promise<{ readonly cloud: PretendCloud; readonly actor: TestActor<typeof volume> }> => {
  const cloud = createPretendCloud();
  const tasks = { ...cloud.volumeTasks, ...change(cloud) };
  const input = { id: 'vol-1', name: 'data', sizeGiB: 10, owner: OWNER };
  const actor = testActor(volume, { id: 'vol-1', input, tasks });
  await actor.settle();
  return { cloud, actor };
};

/** What its owner and the world were told from some effect on. */
const toldOf = ({ effects }: TestActor<typeof volume>, from: number): string[] =>
  effects
    .slice(from)
    .flatMap((effect) =>
      effect.kind === 'peer' || effect.kind === 'emit' ? [effect.event.type] : [],
    );

test('the view of the cloud is taken over; the state stays, and its time', async () => {
  const { actor } = await beginVolume();
  const before = actor.state;
  const from = actor.effects.length;
  await actor.clock.advance('1h');
  await actor.send({ type: 'PULL' });
  const { value, since, context } = actor.state;
  assert.is(value, 'ok');
  assert.is(since, before.since, 'it has been ok since it was created');
  assert.is(context.runtimeState, 'available');
  assert.is(context.sizeGiB, 20, 'somebody has extended it');
  assert.is(context.isPulling, false);
  assert.equal(toldOf(actor, from), []);
});

test('a pull that finds nothing new is two entries and one command, and tells nobody', async () => {
  const { actor } = await beginVolume();
  await actor.send({ type: 'PULL' });
  const { context } = actor.state;
  const [entries, effects] = [actor.journal.length, actor.effects.length];
  await actor.send({ type: 'PULL' });
  assert.equal(
    actor.journal.slice(entries).map(({ kindToken }) => kindToken),
    ['event', 'reply-openstack'],
  );
  assert.equal(
    actor.effects.slice(effects).map(({ kind }) => kind),
    ['command'],
  );
  assert.equal(actor.state.context, context);
});

test('never two at once; while something else is under way there is nothing to do', async () => {
  const { actor } = await beginVolume(() => ({
    waitVolume: [pending(3), { status: 'available' }],
    pull: never,
  }));
  assert.equal(actor.state.value, { creating: 'waiting' });
  await actor.send({ type: 'PULL' });
  assert.is(actor.commands.filter(({ task }) => task === 'pull-volume').length, 0);
  await actor.clock.advance('1m');
  for (let number = 0; number < 3; number += 1) await actor.send({ type: 'PULL' });
  assert.is(actor.commands.filter(({ task }) => task === 'pull-volume').length, 1);
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
  assert.is(actor.effects.filter(({ kind }) => kind === 'cancel').length, 1, 'the pull is off');
});

test('a volume that is missing is erred with a clear error, and heals when it is back', async () => {
  const { actor, cloud } = await beginVolume();
  cloud.volumes.clear();
  const from = actor.effects.length;
  const entries = actor.journal.length;
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'volume-missing');
  assert.is(actor.journal.length - entries, 2, 'the event and the reply');
  assert.is(actor.state.context.operation, 'pull');
  assert.equal(toldOf(actor, from), ['volume.erred', 'VOLUME_ERRED']);
  const { since } = actor.state;
  await actor.clock.advance('1h');
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.since, since, 'erred since the first pull that missed it');
  assert.equal(toldOf(actor, from).length, 2, 'told once');
  cloud.volumes.add('pawl-vol-1');
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'ok');
  assert.is(actor.state.context.error, undefined);
});

test('an outage is tried again, then erred; the next pull that works heals', async () => {
  const { actor } = await beginVolume(() => ({
    pull: [
      OUTAGE,
      OUTAGE,
      { backendId: 'b', status: 'available', sizeGiB: 10 },
      OUTAGE,
      OUTAGE,
      OUTAGE,
      { backendId: 'b', status: 'in-use', sizeGiB: 10 },
    ],
  }));
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'ok');
  await actor.clock.advance('5m');
  assert.is(actor.state.value, 'ok', 'the third attempt worked');
  const entries = actor.journal.length;
  await actor.send({ type: 'PULL' });
  await actor.clock.advance('5m');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'cloud-unavailable');
  const kinds = actor.journal.slice(entries).map(({ kindToken }) => kindToken.split('-')[0]);
  assert.equal(kinds, ['event', 'reply', 'timer', 'reply', 'timer', 'reply']);
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'ok');
  assert.is(actor.state.context.runtimeState, 'in-use');
});

test('when the last pull was, how long it took and what it found is kept', async () => {
  const { actor } = await beginVolume(() => ({
    pull: [OUTAGE, { backendId: 'b', status: 'available', sizeGiB: 10 }, refused('gone')],
  }));
  assert.is(actor.state.context.lastPull, undefined);
  const startedAt = actor.clock.now();
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.context.lastPull, undefined, 'it has not ended');
  await actor.clock.advance('1m');
  const { lastPull } = actor.state.context;
  assert.is(lastPull?.outcome, 'ok');
  assert.ok((lastPull?.durationMs ?? 0) >= 1_000, 'the wait for its second attempt included');
  assert.is(lastPull?.endedAt, startedAt + (lastPull?.durationMs ?? 0));
  await actor.send({ type: 'PULL' });
  const failedPull = actor.state.context.lastPull;
  assert.equal([failedPull?.outcome, failedPull?.error?.message], ['erred', 'gone']);
});

test('after failures periodic pulls are passed over, longer and longer, up to an hour', async () => {
  let isMissing = true;
  const { actor } = await beginVolume(() => ({
    pull: () => {
      if (isMissing) throw permanentError('volume-missing', 'It is missing.');
      return { backendId: 'b', status: 'available', sizeGiB: 10 };
    },
  }));
  const began: number[] = [];
  const start = actor.clock.now();
  const tick = async (): Promise<void> => {
    const before = actor.commands.length;
    await actor.send({ type: 'PULL', periodic: true });
    if (actor.commands.length > before) began.push((actor.clock.now() - start) / 60_000);
    await actor.clock.advance('1m');
  };
  for (let minute = 0; minute < 260; minute += 1) await tick();
  assert.equal(began, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243], '1, 2, 4, … 60 minutes apart');
  assert.is(actor.state.context.pullFailures, 10);
  const entries = actor.journal.length;
  await tick();
  assert.is(actor.journal.length - entries, 1, 'passed over: its event, and no reply');
  isMissing = false;
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'ok', 'what a user sends is not passed over');
  assert.is(actor.state.context.pullFailures, 0);
  const [from] = [began.length];
  for (let minute = 0; minute < 3; minute += 1) await tick();
  assert.is(began.length - from, 3, 'gone at once');
});

test('a failure of a creation or a deletion is not healed by a pull', async () => {
  const { actor, cloud } = await beginVolume(() => ({
    waitVolume: refused('quota'),
    deleteVolume: refused('held'),
  }));
  assert.is(actor.state.value, 'erred');
  assert.is(cloud.volumes.size, 1);
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.message, 'quota');
  assert.is(actor.state.context.runtimeState, 'available', 'what it found is kept');
  cloud.volumes.clear();
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.context.error?.message, 'quota', 'the first reason stays');
  assert.is(actor.state.context.isPulling, false);
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.operation, 'delete');
});

test('a pull that succeeds after it was called off changes nothing and is no dead letter', async () => {
  let release = (): void => undefined;
  const { actor } = await beginVolume(() => ({
    deleteVolume: never,
    pull: () =>
      new Promise((resolve) => {
        release = () => resolve({ backendId: 'b', status: 'late', sizeGiB: 1 });
      }),
  }));
  await actor.send({ type: 'PULL' });
  await actor.send({ type: 'DELETE' });
  assert.equal(actor.state.value, { deleting: 'requesting' });
  const entries = actor.journal.length;
  release();
  await actor.settle();
  const [reply] = actor.journal.slice(entries);
  assert.is(reply?.kindToken, 'reply-openstack');
  assert.is(actor.effects.filter(({ kind }) => kind === 'late').length, 0);
  assert.is(actor.state.context.runtimeState, undefined);
  assert.is(actor.state.context.isPulling, false);
});

interface Server {
  readonly cloud: PretendCloud;
  readonly actor: TestActor<typeof instance>;
}

const beginServer = async (): Promise<Server> => {
  const cloud = createPretendCloud();
  const actor = testActor(instance, {
    id: 'vm-1',
    input: { id: 'vm-1', flavor: 'm1', image: 'debian', volumes: [{ sizeGiB: 1 }] },
    tasks: cloud.serverTasks,
    children: { volume: never },
  });
  await actor.settle();
  return { cloud, actor };
};

test('an instance pulls, misses its server, heals; RETRY looks again and removes nothing', async () => {
  const { actor, cloud } = await beginServer();
  const told = { type: 'VOLUME_OK', volume: 'vm-1-1-1', backendId: 'b-1' } as const;
  await actor.send(told);
  assert.is(actor.state.value, 'ok');
  const entries = actor.journal.length;
  await actor.send({ type: 'PULL' });
  assert.is(actor.journal.length - entries, 2);
  assert.is(actor.state.context.runtimeState, 'ACTIVE');
  cloud.servers.clear();
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'server-missing');
  await actor.send({ type: 'RETRY' });
  assert.is(actor.state.value, 'erred', 'looked at again, still missing');
  assert.is(actor.commands.filter(({ task }) => task === 'delete-server').length, 0);
  cloud.servers.add('pawl-vm-1');
  await actor.send({ type: 'PULL' });
  assert.is(actor.state.value, 'ok');
});

test.run();

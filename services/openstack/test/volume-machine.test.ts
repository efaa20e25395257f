// The volume statechart: every way through it, with scripted tasks in virtual time.
import { readFileSync } from 'node:fs';
import { failed, never, pending, testActor } from '@pawl/testing';
import type { TaskScripts, TestActor } from '@pawl/testing';
import { SimulatedClock, createActor, fromPromise, waitFor } from 'xstate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVolume, deleteVolume, volume, waitVolumeGone } from '../src/index.ts';
import { volumeInput } from '../src/volume/volume-data.ts';
import { provisionPermit } from '../src/provisioning.ts';
import { createPretendCloud, refused } from './pretend-cloud.ts';
import type { PretendCloud } from './pretend-cloud.ts';

const test = suite('volume machine');
const NAME = 'pawl-vol-1';
const OWNER = { type: 'instance', id: 'vm-1' };

interface Setting {
  readonly cloud: PretendCloud;
  readonly actor: TestActor<typeof volume>;
}

const begin = (
  change: (cloud: PretendCloud) => TaskScripts<typeof volume> = () => ({}),
): Setting => {
  const cloud = createPretendCloud();
  const tasks = { ...cloud.volumeTasks, ...change(cloud) };
  const input = { id: 'vol-1', name: 'data', sizeGiB: 20, owner: OWNER };
  return { cloud, actor: testActor(volume, { id: 'vol-1', input, tasks }) };
};

/** Tasks that were called, in order. */
const tasksOf = ({ commands }: Setting['actor']): string[] => commands.map(({ task }) => task);

/** What the owner was told. */
const newsOf = ({ effects }: Setting['actor']): object[] =>
  effects.flatMap((effect) =>
    effect.kind === 'peer' && effect.to.id === OWNER.id ? [effect.event] : [],
  );

test('created, waited for, ok; deleted, waited for, gone', async () => {
  const { actor, cloud } = begin(() => ({ waitVolume: [pending(3), { status: 'available' }] }));
  await actor.settle();
  assert.equal(actor.state.value, { creating: 'waiting' });
  await actor.clock.advance('1m');
  assert.is(actor.state.value, 'ok');
  assert.ok(actor.state.hasTag('settled'));
  assert.is(actor.state.context.backendId, `id-of-${NAME}`);
  assert.equal(actor.commands[0]?.input, {
    settings: 'default',
    name: NAME,
    displayName: 'data',
    sizeGiB: 20,
  });
  assert.equal([...cloud.volumes], [NAME]);
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
  assert.equal(actor.state.output, { id: 'vol-1' });
  assert.is(cloud.volumes.size, 0);
  const backendId = `id-of-${NAME}`;
  assert.equal(newsOf(actor), [
    { type: 'VOLUME_OK', volume: 'vol-1', backendId },
    { type: 'VOLUME_GONE', volume: 'vol-1' },
  ]);
  assert.equal(actor.emitted, [
    { type: 'volume.ready', id: 'vol-1', name: 'data', backendId },
    { type: 'volume.gone', id: 'vol-1' },
  ]);
  assert.equal(actor.commands.at(-1)?.input, { settings: 'default', name: NAME, backendId });
});

test('a failed creation is cleaned up and keeps its error; then it can be deleted', async () => {
  const { actor, cloud } = begin(() => ({
    waitVolume: failed({ code: 'volume-error', message: 'went to error', retryable: false }),
  }));
  await actor.settle();
  assert.is(actor.state.value, 'erred');
  assert.ok(actor.state.hasTag('settled'));
  assert.equal(actor.state.context.error, {
    code: 'volume-error',
    message: 'went to error',
    attempt: 1,
    retryable: false,
  });
  assert.is(actor.state.context.removalError, undefined);
  assert.is(cloud.volumes.size, 0);
  const [news] = newsOf(actor) as { type: string; operation: string }[];
  assert.equal([news?.type, news?.operation], ['VOLUME_ERRED', 'create']);
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
});

test('a create that fails is looked for by name, for it may have had its effect', async () => {
  const { actor, cloud } = begin((books) => ({
    createVolume: ({ name }) => {
      books.volumes.add(name);
      throw new Error('the answer was lost');
    },
  }));
  await actor.clock.advance('10m');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.attempt, 12);
  assert.is(cloud.volumes.size, 0);
});

test('a cleaning up that fails leaves its reason too, and DELETE tries again', async () => {
  let isBroken = true;
  const { actor, cloud } = begin((books) => ({
    waitVolume: refused('no'),
    deleteVolume: ({ name }) => {
      if (isBroken) return refused('cannot delete');
      books.volumes.delete(name);
      return {};
    },
  }));
  await actor.settle();
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.message, 'no');
  assert.is(actor.state.context.removalError?.message, 'cannot delete');
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.value, 'erred');
  const operations = newsOf(actor).map((news): unknown => Reflect.get(news, 'operation'));
  assert.equal(operations, ['create', 'delete']);
  isBroken = false;
  await actor.send({ type: 'DELETE' });
  assert.is(actor.state.status, 'done');
  assert.is(cloud.volumes.size, 0);
});

test('DELETE while it is created waits until it has settled', async () => {
  const { actor, cloud } = begin(() => ({ waitVolume: [pending(2), { status: 'available' }] }));
  await actor.settle();
  await actor.send({ type: 'DELETE' });
  assert.equal(actor.state.value, { creating: 'waiting' });
  await actor.clock.advance('1m');
  assert.is(actor.state.status, 'done');
  assert.is(cloud.volumes.size, 0);
});

test('told to go while it is created, and the creation fails: gone, not erred', async () => {
  const { actor } = begin(() => ({ waitVolume: [pending(2), refused('no')] }));
  await actor.settle();
  await actor.send({ type: 'DELETE' });
  await actor.clock.advance('1m');
  assert.is(actor.state.status, 'done');
  assert.equal(tasksOf(actor), [
    ...['create-volume', 'wait-volume', 'delete-volume', 'wait-volume-gone'],
  ]);
});

test('nobody answers: the deadline ends the wait, and what may be there is removed', async () => {
  const { actor, cloud } = begin(() => ({ createVolume: never }));
  await actor.clock.advance('16m');
  assert.is(actor.state.value, 'erred');
  assert.is(actor.state.context.error?.code, 'deadline-exceeded');
  assert.is(cloud.volumes.size, 0);
  assert.ok(tasksOf(actor).includes('delete-volume'));
});

test('a create that succeeds when nobody waits for it any more is undone', async () => {
  // An ordinary statechart in XState's own clock: the moment between cancel and success is exact.
  const clock = new SimulatedClock();
  const deleted: unknown[] = [];
  const live = createActor(
    volume.provide({
      actors: {
        place: { ...provisionPermit('volume'), ...fromPromise(() => new Promise<never>(() => {})) },
        createVolume: {
          ...createVolume,
          ...fromPromise(() => new Promise<{ backendId: string }>(() => undefined)),
        },
        deleteVolume: {
          ...deleteVolume,
          ...fromPromise(async ({ input }) => {
            deleted.push(input);
            return {};
          }),
        },
        waitVolumeGone: { ...waitVolumeGone, ...fromPromise(async () => ({})) },
      },
    }),
    { clock, input: { id: 'vol-1', sizeGiB: 20 } },
  ).start();
  live.send({ type: 'pawl.granted.place', scopes: ['openstack/default/provision-volume'] });
  clock.increment(15 * 60_000);
  await waitFor(live, ({ value }) => value === 'erred');
  live.send({ type: 'pawl.late.createVolume', output: { backendId: 'late' } });
  assert.equal(live.getSnapshot().value, { cleaningUp: 'requesting' });
  const { context } = await waitFor(live, ({ value }) => value === 'erred');
  assert.is(context.error?.code, 'deadline-exceeded');
  assert.equal(
    deleted.map((input): unknown => Reflect.get(input as object, 'backendId')),
    [undefined, 'late'],
  );
  live.stop();
});

test('only the runtime may send its signals', async () => {
  const { actor } = begin();
  await actor.settle();
  for (const event of [
    { type: 'pawl.stop' },
    { type: 'pawl.late.createVolume', output: { backendId: 'of another' } },
  ] as const) {
    const thrown: unknown = await actor.send(event).catch((error: unknown) => error);
    assert.is(Reflect.get(thrown as object, 'code'), 'unknown-event');
  }
  assert.is(actor.state.value, 'ok');
});

test('the create that the guide for other languages publishes is one that it takes', () => {
  const guide = readFileSync('docs/guides/other-languages.md', 'utf8');
  const [, body = ''] = /pawl\.in\.create\.volume\.vol-1 '(.*)'/.exec(guide) ?? [];
  const { input } = JSON.parse(body) as { readonly input: unknown };
  assert.equal(volumeInput.parse(input), { id: 'vol-1', name: 'data', sizeGiB: 20 });
});

test('a volume that does not know its id in the cloud asks for none: it fails', () => {
  const context = { ...begin().actor.state.context, backendId: undefined };
  const [definition] = volume.root.states['creating']?.states['waiting']?.invoke ?? [];
  const inputOf = definition?.input as (given: object) => unknown;
  assert.throws(() => inputOf({ context }), /backendId is not known/);
});

test.run();

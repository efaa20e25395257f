// Operators and the real host, in memory and virtual time: orders, dead letters, stuck.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { actor, one, open, two } from './system/operator-world.ts';

const test = suite('operators');

test('an order is answered like an event, and the history says who and why', async () => {
  const world = await open();
  await world.settle();
  const { outcome, state } = await world.within(
    world.volume.inject({ event: { type: 'EXTEND', by: 4 } }, { why: 'asked by phone' }),
  );
  assert.is(outcome, 'applied');
  assert.is(state.context['size'], 5);
  const history = await world.within(world.client.actor(actor.type, actor.id).history());
  const last = history.at(-1);
  assert.is(last?.kind, 'admin');
  assert.is(last?.by, 'ada');
  assert.equal(last?.body, {
    type: 'inject',
    event: { type: 'EXTEND', by: 4 },
    by: 'ada',
    why: 'asked by phone',
  });
  assert.is(
    await world.refusal(world.volume.inject({ event: { type: 'NEVER' } })),
    'unknown-event',
  );
  assert.is(await world.refusal(world.volume.setState('nowhere')), 'invalid-state');
  assert.is(await world.refusal(world.volume.retry({ path: 'x' })), 'not-pending');
});

test('retry: a faulted actor goes on', async () => {
  const world = await open();
  await world.settle();
  await world.post({ type: 'EXTEND' });
  assert.is((await world.state()).status, 'faulted');
  const { state } = await world.within(world.volume.retry());
  assert.is(state.status, 'active');
  await world.post({ type: 'EXTEND', by: 2 });
  assert.is((await world.state()).context['size'], 3);
});

test('pause: entries wait, through a takeover too, and resume folds them in order', async () => {
  const world = await open();
  await world.settle();
  await world.within(world.volume.pause({ why: 'maintenance' }));
  await world.post({ type: 'EXTEND', by: 2 });
  const paused = await world.state();
  assert.is(paused.parked?.code, 'paused');
  assert.match(paused.parked?.message ?? '', /ada.*maintenance/);
  assert.is(paused.context['size'], 1);
  await world.restart([one]);
  await world.post({ type: 'EXTEND', by: 3 });
  await world.clock.advance('2m'); // A sweep looks at parked actors: this one stays.
  assert.is((await world.state()).context['size'], 1);
  const listed = [];
  for await (const each of world.operator.list('volume')) listed.push(each.parked);
  assert.equal(listed, ['paused']);
  assert.is(await world.refusal(world.volume.retry()), 'actor-parked');
  const { state } = await world.within(world.volume.resume());
  assert.is(state.parked, undefined);
  assert.is(state.context['size'], 6);
  await world.post({ type: 'EXTEND', by: 1 });
  assert.is((await world.state()).context['size'], 7);
  await world.restart([one]);
  const after = await world.state();
  assert.is(after.parked, undefined);
  assert.is(after.context['size'], 7);
});

test('resume: what a paused actor decides leaves once it is folded', async () => {
  const world = await open();
  await world.settle();
  await world.within(world.volume.pause());
  await world.post({ type: 'REDO' });
  const before = world.broker.commands().length;
  await world.within(world.volume.resume());
  await world.clock.advance(500);
  assert.is(world.broker.commands().length, before + 1);
  assert.is((await world.state()).value, 'creating');
});

test('fold-again: by a mended machine, with the former one gone', async () => {
  const world = await open();
  await world.settle();
  await world.post({ type: 'EXTEND' });
  assert.is((await world.state()).status, 'faulted');
  const emitted = world.broker.emitted().length;
  await world.restart([one, two]);
  const { state } = await world.within(world.volume.foldAgain({ why: 'version 2 knows' }));
  assert.is(state.status, 'active');
  assert.is(state.version, '2');
  assert.is(state.context['size'], 2);
  await world.post({ type: 'EXTEND' });
  await world.clock.advance(500);
  await world.restart([two]);
  assert.is((await world.state()).context['size'], 3);
  // Without its snapshot, and without version 1, the journal alone gives the same.
  for (const partition of [0, 1])
    await world.within(world.ports.snapshots.remove(partition, actor));
  await world.restart([two]);
  const again = await world.state();
  assert.is(again.context['size'], 3);
  assert.is(again.version, '2');
  assert.is(world.broker.emitted().length, emitted);
});

test('fold-again: a command that is out goes on; one that is refused leaves no pause', async () => {
  const world = await open([one, two]);
  const handle = world.client.actor(actor.type, actor.id);
  await world.within(handle.create({ name: 'data' }, { version: '1' }));
  await world.clock.advance(500);
  const commands = world.broker.commands().length;
  const { state } = await world.within(world.volume.foldAgain({ version: '2' }));
  assert.is(state.version, '2');
  assert.is(state.parked, undefined);
  await world.clock.advance(500);
  assert.is(world.broker.commands().length, commands);
  await world.within(world.volume.inject({ path: 'create', output: { backendId: 'b-1' } }));
  await world.post({ type: 'EXTEND' });
  assert.is(await world.refusal(world.volume.foldAgain({ version: '1' })), 'actor-faulted');
  const after = await world.state();
  assert.is(after.version, '2');
  assert.is(after.parked, undefined);
  assert.is(await world.refusal(world.volume.foldAgain({ version: '9' })), 'version-missing');
});

test('set-state and unlink', async () => {
  const world = await open();
  await world.settle();
  const { state } = await world.within(world.volume.setState('creating', { context: { size: 9 } }));
  assert.is(state.value, 'creating');
  assert.is(state.context['size'], 9);
  const ended = await world.within(world.volume.unlink({ why: 'gone at the provider' }));
  assert.is(ended.state.status, 'done');
  assert.is(await world.refusal(world.volume.retry()), 'actor-ended');
});

test('dead letters: sent again once it is taken, or thrown away with a reason', async () => {
  const world = await open();
  await world.settle();
  const sequence = await world.post({ type: 'NOTE' });
  const { deadLetters } = world.operator;
  const id = `journal-${sequence}`;
  assert.equal(
    (await world.within(deadLetters.list())).map((letter) => letter.id),
    [id],
  );
  assert.is(await world.refusal(deadLetters.redrive(id)), 'event-refused');
  assert.is((await world.within(deadLetters.list())).length, 1);
  await world.within(world.volume.setState('erred'));
  await world.within(deadLetters.redrive(id));
  assert.equal(await world.within(deadLetters.list()), []);
  assert.is(await world.refusal(deadLetters.redrive(id)), 'no-such-letter');
  const other = `journal-${await world.post({ type: 'EXTEND', by: 1 })}`;
  await world.within(deadLetters.discard(other, { why: 'a typo' }));
  assert.equal(await world.within(deadLetters.list()), []);
  await world.clock.advance(500);
  const history = await world.within(world.client.actor(actor.type, actor.id).history());
  assert.equal(history.at(-1)?.body, { type: 'discard', letter: other, by: 'ada', why: 'a typo' });
});

test('stuck: what has waited too long, and who holds it', async () => {
  const world = await open();
  const stuck = async (olderMs: number) => {
    const found = [];
    for await (const each of world.operator.stuck({ olderMs })) found.push(...each.waits);
    return found.map(({ what, heldBy }) => `${what}: ${heldBy}`);
  };
  await world.within(world.client.actor(actor.type, actor.id).create({ name: 'data' }));
  assert.equal(await world.within(stuck(60_000)), []);
  await world.clock.advance('2m');
  assert.equal(await world.within(stuck(60_000)), ['command: worker storage (regular)']);
  await world.within(world.volume.inject({ path: 'create', output: { backendId: 'b' } }));
  assert.equal(await world.within(stuck(60_000)), []);
  await world.post({ type: 'EXTEND' });
  await world.clock.advance('2m');
  assert.equal(await world.within(stuck(60_000)), ['fault: operator (retry, fold-again)']);
});

test.run();

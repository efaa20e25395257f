// Commands in the fold: ids, replies, attempts and deadlines.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bornDisk, createDiskMachine } from './disk-machine.ts';
import { only, START, wordsOf, World } from './fold-world.ts';

const test = suite('commands in the fold');

test('an invoke publishes a command; its id names actor, path and generation', () => {
  const world = new World(createDiskMachine(false));
  const [effect] = only(world.create(), 'command');
  const { generation } = world.command('make');
  assert.match(generation, /^1-0-[0-9a-z]{8}$/);
  assert.is(effect?.id, `thing/t-1/make@${generation}`);
  assert.is(effect?.idempotencyKey, effect?.id);
  assert.equal(effect?.input, { size: 1 });
  assert.is(effect?.deadlineAt, START + 1000 + 600_000);
  assert.is(effect?.decidedAt, START + 1000);
});

test('a done reply settles; its repeat is ignored and changes nothing', () => {
  const world = bornDisk();
  const { generation, task } = world.command('make');
  assert.is(wordsOf(world.done('make', { id: 'd-1' }).outcome), 'applied');
  assert.is(world.value, 'ok');
  assert.is(world.context['id'], 'd-1');
  const before = world.state?.snapshot;
  const repeat = { task, path: 'make', generation, outcome: 'done', output: { id: 'd-2' } };
  const again = world.append('reply-storage', repeat);
  assert.is(wordsOf(again.outcome), 'ignored stale-reply');
  assert.is(again.state?.snapshot, before);
});

test('a reply of another service, task or generation is ignored', () => {
  const world = bornDisk();
  const { generation } = world.command('make');
  const right = { task: 'make-disk', path: 'make', generation, outcome: 'done', output: {} };
  for (const [kind, body] of [
    ['reply-network', right],
    ['reply-storage', { ...right, task: 'drop-disk' }],
    ['reply-storage', { ...right, path: 'other' }],
    ['reply-storage', { ...right, generation: '1-0-aaaaaaaa' }],
  ] as const)
    assert.is(wordsOf(world.append(kind, body).outcome), 'ignored stale-reply');
  assert.is(world.value, 'making');
});

test('an output that does not match is an error event', () => {
  const world = bornDisk();
  world.done('make', { id: 7 });
  assert.is(world.value, 'erred');
  const { data } = world.context['error'] as { data: { code: string } };
  assert.is(data.code, 'invalid-output');
});

test('an input that does not match is an error event at once, without a command', () => {
  const world = new World(createDiskMachine(false));
  const step = world.create({ size: 'large' });
  assert.is(world.value, 'erred');
  assert.equal(step.effects, []);
  const { data } = world.context['error'] as { data: { code: string } };
  assert.is(data.code, 'invalid-input');
});

test('a failed attempt waits, then the next has its own generation and the first key', () => {
  const world = bornDisk();
  const first = world.command('make').generation;
  const [arm] = only(world.failed('make'), 'arm');
  assert.is(world.command('make').status, 'backoff');
  const waitMs = (arm?.dueAt ?? 0) - world.time;
  assert.ok(waitMs >= 800 && waitMs <= 1200, `${waitMs} ms`);
  const [next] = only(world.fire('make#retry'), 'command');
  assert.is(next?.attempt, 2);
  assert.is.not(next?.generation, first);
  assert.is(next?.idempotencyKey, `thing/t-1/make@${first}`);
  assert.equal(world.state?.pending.timers, {});
});

test('the last attempt fails: an error event with code, message and number of attempts', () => {
  const world = bornDisk();
  for (const _ of [1, 2]) {
    world.failed('make');
    world.fire('make#retry');
  }
  world.failed('make', { message: 'no room' });
  assert.is(world.value, 'erred');
  assert.equal(world.context['error'], {
    text: 'no room',
    data: { code: 'task-failed', message: 'no room', retryable: true, attempt: 3 },
  });
});

test('an error that is not retryable is final at once', () => {
  const world = bornDisk();
  world.failed('make', { code: 'quota', retryable: false });
  assert.is(world.value, 'erred');
  assert.equal(world.state?.pending, { commands: {}, timers: {}, children: {} });
});

test('a failure after a successful poll starts a new series of attempts', () => {
  const world = bornDisk();
  for (const _ of [1, 2]) {
    world.failed('make');
    world.fire('make#retry');
  }
  assert.is(world.command('make').attempt, 3);
  const error = { code: 'task-failed', message: 'gone' };
  world.reply('make', { outcome: 'failed', error, polled: true });
  assert.is(world.command('make').status, 'backoff');
  assert.is(world.command('make').attempt, 1);
});

test('a success of an earlier attempt settles and calls the current one off', () => {
  const world = bornDisk();
  const first = world.command('make').generation;
  world.failed('make');
  world.fire('make#retry');
  const second = world.command('make').generation;
  const failure = { outcome: 'failed', error: { code: 'x', message: 'late' } };
  assert.is(wordsOf(world.reply('make', failure, first).outcome), 'ignored stale-reply');
  const step = world.reply('make', { outcome: 'done', output: { id: 'd-1' } }, first);
  assert.is(world.value, 'ok');
  assert.equal(
    only(step, 'cancel').map(({ generation }) => generation),
    [second],
  );
});

test('while waiting for the next attempt, a success of the last still counts', () => {
  const world = bornDisk();
  const { generation } = world.command('make');
  world.failed('make');
  const step = world.reply('make', { outcome: 'done', output: { id: 'd-1' } }, generation);
  assert.is(world.value, 'ok');
  assert.equal(
    only(step, 'disarm').map(({ key }) => key),
    ['make#retry'],
  );
});

test('no attempt begins when it could only begin after the deadline', () => {
  const world = bornDisk();
  world.time = world.command('make').deadlineAt - 1500;
  world.failed('make');
  assert.is(world.value, 'erred');
});

test('expired: an error event; a success after that is late', () => {
  const world = bornDisk();
  const { generation } = world.command('make');
  const stale = world.append('host', { type: 'expired', path: 'make', generation: '9-0-a' });
  assert.is(wordsOf(stale.outcome), 'ignored stale-reply');
  const step = world.append('host', { type: 'expired', path: 'make', generation });
  assert.is(world.value, 'erred');
  assert.is(only(step, 'cancel').length, 1);
  const { data } = world.context['error'] as { data: { code: string } };
  assert.is(data.code, 'deadline-exceeded');
});

test.run();

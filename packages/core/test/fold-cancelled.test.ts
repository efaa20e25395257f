// Commands that nobody waits for any more, the ids of commands, and their queue classes.
import { command, HEADER, onQueue, type Headers } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { bornDisk, createDiskMachine, makeDisk } from './disk-machine.ts';
import { only, wordsOf, World } from './fold-world.ts';

const test = suite('cancelled commands, ids and classes in the fold');

test('leaving cancels; a late success without a handler is an effect without owner', () => {
  const world = bornDisk();
  const { generation, task } = world.command('make');
  const step = world.send('STOP');
  assert.equal(
    only(step, 'cancel').map((effect) => effect.generation),
    [generation],
  );
  const key = `make@${generation}`;
  assert.is(world.state?.pending.commands[key]?.status, 'cancelled');
  const reply = { task, path: 'make', generation, outcome: 'done', output: { id: 'd-9' } };
  const late = world.append('reply-storage', reply);
  assert.equal(
    late.effects.map((effect) => effect.kind),
    ['late'],
  );
  assert.equal(world.state?.pending.commands, {});
  assert.is(wordsOf(world.append('reply-storage', reply).outcome), 'ignored stale-reply');
});

test('a machine that handles pawl.late gets the output, even while the next one runs', () => {
  const world = bornDisk(true);
  const { generation, task } = world.command('make');
  world.send('STOP');
  world.send('AGAIN');
  const reply = { task, path: 'make', generation, outcome: 'done', output: { id: 'd-9' } };
  assert.equal(world.append('reply-storage', reply).effects, []);
  assert.equal(world.context['late'], { id: 'd-9' });
  assert.is(world.value, 'making');
  assert.is(world.command('make').status, 'running');
});

test('a repeated failure of an earlier attempt does not hide the success of the last one', () => {
  const world = bornDisk(true);
  const first = world.command('make');
  world.failed('make');
  world.fire('make#retry');
  const second = world.command('make');
  world.send('STOP');
  const { task } = first;
  const error = { code: 'failed', message: 'again' };
  const answer = (generation: string, more: object) =>
    world.append('reply-storage', { task, path: 'make', generation, ...more });
  const repeated = answer(first.generation, { outcome: 'failed', error });
  assert.is(wordsOf(repeated.outcome), 'ignored stale-reply');
  answer(second.generation, { outcome: 'done', output: { id: 'd-9' } });
  assert.equal(world.context['late'], { id: 'd-9' });
});

test('left while waiting for the next attempt: a repeated failure hides no late success', () => {
  const world = bornDisk(true);
  const { generation, task } = world.command('make');
  world.failed('make');
  world.send('STOP');
  const answer = (more: object) =>
    world.append('reply-storage', { task, path: 'make', generation, ...more });
  const error = { code: 'failed', message: 'again' };
  assert.is(wordsOf(answer({ outcome: 'failed', error }).outcome), 'ignored stale-reply');
  answer({ outcome: 'done', output: { id: 'd-9' } });
  assert.equal(world.context['late'], { id: 'd-9' });
});

test('a timeout after the state was left keeps the command for its late success', () => {
  const world = bornDisk(true);
  const { generation, task } = world.command('make');
  world.send('STOP');
  const answer = (more: object) =>
    world.append('reply-storage', { task, path: 'make', generation, ...more });
  answer({ outcome: 'failed', error: { code: 'task-timeout', message: 'too long' } });
  answer({ outcome: 'done', output: { id: 'd-9' } });
  assert.equal(world.context['late'], { id: 'd-9' });
});

test('cancelled commands are forgotten after their deadline, and above one hundred', () => {
  const world = bornDisk();
  for (let index = 0; index < 110; index += 1) {
    world.send('STOP');
    world.send('AGAIN');
  }
  const cancelled = (): number =>
    Object.values(world.state?.pending.commands ?? {}).filter(
      ({ status }) => status === 'cancelled',
    ).length;
  assert.is(cancelled(), 100);
  world.time += 700_000;
  world.send('STOP');
  assert.is(cancelled(), 0, 'even the one that was just cancelled is past its deadline');
});

test('the id of a command does not depend on what else the step does', () => {
  const lean = bornDisk();
  const rich = new World(
    setup({ actors: { makeDisk, other: makeDisk } }).createMachine({
      id: 'disk',
      version: '2',
      initial: 'making',
      states: {
        making: {
          after: { 5000: 'making' },
          invoke: [
            { id: 'other', src: 'other', input: { size: 2 }, onError: 'making' },
            { id: 'make', src: 'makeDisk', input: { size: 1 }, onError: 'making' },
          ],
        },
      },
    }),
  );
  rich.create();
  assert.is(rich.command('make').generation, lean.command('make').generation);
});

test('class: onQueue, then the operation, then the contract, then regular', () => {
  const background: Headers = { [HEADER.class]: 'background' };
  const classOf = (actor: typeof makeDisk, headers: Headers): string => {
    const world = new World(createDiskMachine(false, actor));
    world.create(undefined, headers);
    return world.command('make').class;
  };
  assert.is(classOf(onQueue(makeDisk, 'regular'), background), 'regular');
  assert.is(classOf(makeDisk, background), 'background');
  assert.is(classOf(makeDisk, {}), 'heavy');
  const { queue: _queue, ...contract } = makeDisk.contract;
  assert.is(classOf(command(contract as Parameters<typeof command>[0]) as never, {}), 'regular');
});

test('the class of an operation holds for its later steps and ends with the next one', () => {
  const world = new World(createDiskMachine(false));
  world.create(undefined, { [HEADER.class]: 'background' });
  world.failed('make');
  const [retried] = only(world.fire('make#retry'), 'command');
  assert.is(retried?.class, 'background');
  world.send('STOP');
  world.send('AGAIN');
  assert.is(world.command('make').class, 'heavy');
});

test.run();

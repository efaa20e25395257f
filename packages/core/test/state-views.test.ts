// Views of a state: what it waits for, what recovery publishes, when something is due; and jobs.
import {
  command,
  jobMachine,
  nextDueAt,
  openEffects,
  overdueCommands,
  remote,
  stateNoticeOf,
  stateViewOf,
  summaryOf,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { z } from 'zod';
import { only, present, World } from './fold-world.ts';

const work = command({
  name: 'work',
  service: 'works',
  input: z.object({}),
  output: z.object({}),
  deadlineMs: 60_000,
});

const machine = setup({ actors: { work, far: remote('far') } }).createMachine({
  id: 'm',
  version: '1',
  initial: 'busy',
  states: {
    busy: {
      tags: ['active'],
      invoke: [
        { id: 'work', src: 'work', input: {}, onError: 'idle' },
        { id: 'far', src: 'far', input: { id: 'f-1', input: {} }, onError: 'idle' },
      ],
      after: { 30_000: 'idle' },
      on: { REST: 'idle' },
    },
    idle: { on: { END: 'over' } },
    over: { type: 'final' },
  },
});

const born = (): World => {
  const world = new World(machine);
  world.create();
  return world;
};

const test = suite('views of a state');

test('what recovery publishes is what the step published, with the same ids', () => {
  const world = new World(machine);
  const { effects } = world.create();
  const key = (effect: object): string => JSON.stringify(effect);
  assert.equal(openEffects(present(world.state)).map(key).sort(), effects.map(key).sort());
});

test('nothing is open that was left, waits for its next attempt, or has ended', () => {
  const world = born();
  world.failed('work');
  const kinds = openEffects(present(world.state)).map(({ kind }) => kind);
  assert.equal(kinds, ['create', 'arm', 'arm']);
  world.send('REST');
  assert.equal(openEffects(present(world.state)), []);
});

test('when something is due', () => {
  const world = born();
  const state = present(world.state);
  assert.is(nextDueAt(state), world.time + 30_000);
  assert.equal(overdueCommands(state, world.time + 59_999), []);
  assert.equal(
    overdueCommands(state, world.time + 60_000).map(({ path }) => path),
    ['work'],
  );
  world.send('REST');
  assert.is(nextDueAt(present(world.state)), undefined);
});

test('a view names what the actor waits for and what it takes', () => {
  const world = born();
  const view = stateViewOf(world.registered, present(world.state));
  assert.equal(
    view.waitingFor.map(({ what, name }) => [what, name]),
    [
      ['command', 'work'],
      ['child', 'far'],
      ['timer', '#after.30000.m.busy'],
    ],
  );
  assert.equal(view.accepts, ['REST']);
  assert.equal(stateNoticeOf(present(world.state)).tags, ['active']);
  assert.is(summaryOf(present(world.state)).value, 'busy');
  world.send('REST');
  world.send('END');
  assert.equal(stateViewOf(world.registered, present(world.state)).accepts, []);
});

const contract = {
  name: 'add',
  service: 'math',
  retry: { attemptsMax: 2, backoffMs: 500, factor: 2, backoffMaxMs: 1000 },
  timeoutMs: 1000,
  deadlineMs: 10_000,
  encoding: 'json',
} as const;

test('a job publishes the command of its input and ends with the output', () => {
  const world = new World(jobMachine);
  const [effect] = only(world.create({ contract, input: { x: 2 } }), 'command');
  const { task, service, input, encoding, timeoutMs } = present(effect);
  assert.equal(
    [task, service, input, encoding, timeoutMs],
    ['add', 'math', { x: 2 }, 'json', 1000],
  );
  world.failed('command');
  assert.is(world.command('command').status, 'backoff');
  world.fire('command#retry');
  world.done('command', 5);
  assert.is(world.value, 'ok');
  assert.equal(present(world.state).snapshot.output, { output: 5 });
});

test('a job whose command fails ends erred, with the error', () => {
  const world = new World(jobMachine);
  world.create({ contract, input: {} });
  world.failed('command', { message: 'no', retryable: false });
  assert.is(world.value, 'erred');
  assert.equal(present(world.state).snapshot.output, {
    error: { code: 'task-failed', message: 'no', retryable: false, attempt: 1 },
  });
});

test.run();

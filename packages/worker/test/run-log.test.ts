// What a worker says: background work is quiet, and a failure of it is told once.
import type { CommandBody, ErrorData, QueueClass } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRunLog } from '../src/run-log.ts';
import type { Outcome } from '../src/settlement.ts';

const DONE: Outcome = { outcome: 'done', output: {} };
const failure = (code: string, retryable: boolean = true): Outcome => {
  const error: ErrorData = { code, message: `${code} it is`, retryable };
  return { outcome: 'failed', error };
};

const commandOf = (queueClass: QueueClass, id: string = 'vol-1'): CommandBody => ({
  task: 'pull',
  actor: { type: 'volume', id },
  path: 'pull',
  generation: '1-0-abcdefgh',
  input: {},
  attempt: 1,
  idempotencyKey: 'k',
  class: queueClass,
  timeoutMs: 1,
  deadlineAt: 1,
  decidedAt: 1,
});

const listen = () => {
  const lines: string[] = [];
  const log = createRunLog((level, message) => void lines.push(`${level} ${message}`));
  /** The lines since the last call. */
  const heard = (): string[] => lines.splice(0);
  return { log, heard };
};

const test = suite('log of a worker');

test('regular and heavy failures are told each time', () => {
  const { log, heard } = listen();
  for (const queueClass of ['regular', 'heavy'] as const) {
    log.ended(commandOf(queueClass), failure('down'));
    log.ended(commandOf(queueClass), failure('down'));
    assert.equal(heard(), ['info pull failed: down it is', 'info pull failed: down it is']);
    log.ended(commandOf(queueClass), DONE);
    assert.equal(heard(), ['debug pull done']);
  }
});

test('an outage is one loud line for thousands of background commands, and its end is told', () => {
  const { log, heard } = listen();
  for (let number = 0; number < 1000; number += 1)
    log.ended(commandOf('background', `vol-${number}`), failure('down'));
  const levels = heard().map((line) => line.split(' ')[0]);
  assert.is(levels[0], 'warn');
  assert.equal(new Set(levels.slice(1)), new Set(['debug']));
  log.ended(commandOf('background', 'vol-7'), DONE);
  assert.equal(heard(), ['info pull works again after 1000 failures']);
  log.ended(commandOf('background', 'vol-7'), DONE);
  assert.equal(heard(), ['debug pull done']);
  log.ended(commandOf('background', 'vol-7'), failure('down'));
  assert.equal(heard(), ['warn pull failed: down it is'], 'after a success it is news again');
});

test('another kind of failure is news, and a final one an error', () => {
  const { log, heard } = listen();
  log.ended(commandOf('background'), failure('down'));
  log.ended(commandOf('background'), failure('gone', false));
  log.ended(commandOf('background'), failure('gone', false));
  assert.equal(heard(), [
    'warn pull failed: down it is',
    'error pull failed: gone it is',
    'debug pull failed: gone it is',
  ]);
});

test('one actor that keeps failing while others succeed is told once', () => {
  const { log, heard } = listen();
  for (let round = 0; round < 3; round += 1) {
    log.ended(commandOf('background', 'bad'), failure('gone'));
    log.ended(commandOf('background', 'good'), DONE);
  }
  assert.is(heard().filter((line) => line.startsWith('warn')).length, 1);
});

test('what a background task itself says at info goes to debug; warnings stay', () => {
  const { log, heard } = listen();
  const quiet = log.of(commandOf('background'), 'id');
  quiet('info', 'looked');
  quiet('warn', 'odd');
  log.of(commandOf('regular'), 'id')('info', 'made');
  assert.equal(heard(), ['debug looked', 'warn odd', 'info made']);
});

test('failures of one schedule are not those of another', () => {
  const { log, heard } = listen();
  const of = (id: string): CommandBody => ({
    ...commandOf('background'),
    task: 'fan-out',
    actor: { type: 'schedule', id },
  });
  log.ended(of('broken'), failure('down'));
  heard();
  log.ended(of('sound'), DONE);
  assert.equal(heard(), ['debug fan-out done']);
  log.ended(of('broken'), failure('down'));
  assert.match(heard()[0] ?? '', /^debug /);
  log.ended(of('broken'), DONE);
  assert.equal(heard(), ['info fan-out works again after 2 failures']);
});

test.run();

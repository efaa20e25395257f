// The rule for what a task came to, case by case.
import { command, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { failed, pending, permanentError } from '../src/index.ts';
import type * as Errors from '../../core/src/errors.ts';
import * as Pendings from '../src/pending.ts';
import type * as TaskErrors from '../src/task-error.ts';
import { settle, type Call, type Ending } from '../src/settlement.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string(), size: z.number().default(1) }),
  poll: { everyMs: 5_000 },
  deadlineMs: 60_000,
});
const withoutPoll = command({
  name: 'delete-volume',
  service: 'storage',
  input: z.object({}),
  output: z.void(),
});

const call = (changes: Partial<Call> = {}): Call => ({
  contract: createVolume.contract,
  abortCause: undefined,
  timeoutMs: 1_000,
  deadlineAt: 60_000,
  now: 0,
  ...changes,
});
const returned = (value: unknown): Ending => ({ kind: 'returned', value });
const threw = (thrown: unknown): Ending => ({ kind: 'threw', thrown });
const reply = (outcome: object): object => ({ kind: 'reply', outcome });

const errorOf = (ending: Ending, changes: Partial<Call> = {}): object => {
  const settlement = settle(ending, call(changes));
  if (settlement.kind !== 'reply' || settlement.outcome.outcome !== 'failed')
    throw new Error(`not failed: ${JSON.stringify(settlement)}`);
  const { code, retryable } = settlement.outcome.error;
  return { code, retryable };
};

const test = suite('settlement');

test('a returned value is validated and done, with what the schema makes of it', () => {
  assert.equal(
    settle(returned({ backendId: 'b-1' }), call()),
    reply({ outcome: 'done', output: { backendId: 'b-1', size: 1 } }),
  );
  const nothing = settle(returned(undefined), call({ contract: withoutPoll.contract }));
  assert.equal(nothing, reply({ outcome: 'done' }));
});

test('a value that does not match, or is no JSON data, is invalid-output', () => {
  const expected = { code: 'invalid-output', retryable: false };
  assert.equal(errorOf(returned({ backendId: 7 })), expected);
  const dated = command({
    name: 'date-volume',
    service: 'storage',
    input: z.object({}),
    output: z.object({ at: z.date() }),
  });
  assert.equal(errorOf(returned({ at: new Date(0) }), { contract: dated.contract }), expected);
});

test('a throw is a failure that may be tried again, unless it says otherwise', () => {
  assert.equal(errorOf(threw(new Error('boom'))), { code: 'task-failed', retryable: true });
  assert.equal(errorOf(threw('boom')), { code: 'task-failed', retryable: true });
  const permanent = Object.assign(new Error('no'), { retryable: false });
  assert.equal(errorOf(threw(permanent)), { code: 'task-failed', retryable: false });
  const quota = permanentError('quota', 'Too many volumes.', { details: { max: 3 } });
  assert.equal(errorOf(threw(quota)), { code: 'quota', retryable: false });
  assert.equal(errorOf(returned(quota)), { code: 'quota', retryable: false });
  assert.equal(errorOf(threw(failed('busy', 'Later.'))), { code: 'busy', retryable: true });
  const pawl = new PawlError('broker-refused', 'No.');
  assert.equal(errorOf(threw(pawl)), { code: 'broker-refused', retryable: true });
});

test('pending waits as long as the contract or the task says, never past the deadline', () => {
  const details = { serverId: 's-1' };
  assert.equal(settle(returned(pending({ details })), call()), {
    kind: 'poll',
    delayMs: 5_000,
    details,
  });
  const delayOf = (afterMs: number, now: number): number | undefined => {
    const settlement = settle(returned(pending({ afterMs })), call({ now }));
    return settlement.kind === 'poll' ? settlement.delayMs : undefined;
  };
  assert.is(delayOf(100, 0), 100);
  assert.is(delayOf(9_000, 55_000), 5_000);
  assert.is(delayOf(9_000, 70_000), 0);
});

test('pending from a contract that does not poll is a mistake', () => {
  const expected = { code: 'invalid-output', retryable: false };
  assert.equal(errorOf(returned(pending()), { contract: withoutPoll.contract }), expected);
});

test('a timeout is a failure that may be tried again', () => {
  assert.equal(errorOf({ kind: 'timed-out' }), { code: 'task-timeout', retryable: true });
});

test('after a cancel a throw and a poll are the cancel, a result is still told', () => {
  const abortCause = 'cancelled';
  const cancelled = reply({ outcome: 'cancelled' });
  assert.equal(settle(threw(new Error('aborted')), call({ abortCause })), cancelled);
  assert.equal(settle(returned(pending()), call({ abortCause })), cancelled);
  const done = settle(returned({ backendId: 'b-1', size: 2 }), call({ abortCause }));
  assert.equal(done, reply({ outcome: 'done', output: { backendId: 'b-1', size: 2 } }));
});

test('a throw because the worker stops is given to another worker', () => {
  const settlement = settle(threw(new Error('aborted')), call({ abortCause: 'stopping' }));
  assert.equal(settlement, { kind: 'hand-back', delayMs: 0 });
});

/** The file again, as another copy of its package has it. */
const copyOf = async <Module>(path: string): Promise<Module> =>
  (await import(new URL(`${path}?copy`, import.meta.url).href)) as Module;

test('what a second copy of the package has made is known', async () => {
  const other = await copyOf<typeof Pendings>('../src/pending.ts');
  assert.is.not(other.Pending, Pendings.Pending);
  assert.equal(settle(returned(other.pending({ afterMs: 7 })), call()), {
    kind: 'poll',
    delayMs: 7,
    details: undefined,
  });
  const { permanentError: permanent } = await copyOf<typeof TaskErrors>('../src/task-error.ts');
  assert.equal(errorOf(returned(permanent('quota', 'Full.'))), { code: 'quota', retryable: false });
  const errors = await copyOf<typeof Errors>('../../core/src/errors.ts');
  assert.is.not(errors.PawlError, PawlError);
  const tooLarge = new errors.PawlError('payload-too-large', 'Too large.');
  assert.is((errorOf(threw(tooLarge)) as { code: string }).code, 'payload-too-large');
  assert.not(new Error('x') instanceof PawlError);
});

test.run();

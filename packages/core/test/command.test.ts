// Contracts of commands: what can never work is refused where it is declared.
import { command, PawlError } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';

const test = suite('command contracts');

test('a backoff that is shorter than the broker can keep is refused with the least one', () => {
  const declare = (backoffMs: number): unknown =>
    command({
      name: 'work',
      service: 'works',
      input: z.object({}),
      output: z.object({}),
      retry: { backoffMs },
    });
  assert.throws(
    () => declare(10),
    (error: unknown) =>
      error instanceof PawlError &&
      error.code === 'machine-invalid' &&
      /retry\.backoffMs 10: the least is 250/.test(error.message),
  );
  declare(250);
});

test('the times of a command are numbers that can travel', () => {
  const contract = { name: 'work', service: 'works', input: z.object({}), output: z.object({}) };
  for (const times of [
    { timeoutMs: Infinity },
    { deadlineMs: Infinity },
    { deadlineMs: Number.MAX_VALUE },
    { timeoutMs: Number.NaN },
    { timeoutMs: 0 },
  ])
    assert.throws(() => command({ ...contract, ...times }), /timeoutMs and deadlineMs/);
  const year = command({ ...contract, timeoutMs: 365 * 86_400_000, deadlineMs: 365 * 86_400_000 });
  assert.is(year.contract.timeoutMs, 31_536_000_000);
});

test.run();

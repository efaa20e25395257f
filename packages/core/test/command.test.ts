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

test.run();

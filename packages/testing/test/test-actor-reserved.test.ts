// testActor refuses the names of built-in types, as a host does.
import { PawlError } from '@pawl/core';
import { testActor } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';

const test = suite('testActor and reserved types');

test('the names of built-in types are refused as by a host', () => {
  for (const type of ['job', 'limit', 'schedule']) {
    const machine = createMachine({ id: type, version: '1', initial: 'a', states: { a: {} } });
    assert.throws(
      () => testActor(machine),
      (error: unknown) => error instanceof PawlError && error.code === 'reserved-type',
    );
  }
});

test.run();

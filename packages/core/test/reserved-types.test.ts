// The names of built-in types belong to the built-in machines alone.
import { builtInMachines, PawlError, registerMachine } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';

const test = suite('reserved types');

test('the names of built-in types are reserved, and the built-in machines have them', () => {
  for (const [type, machines] of Object.entries(builtInMachines)) {
    const own = createMachine({ id: type, version: '1', initial: 'a', states: { a: {} } });
    assert.throws(
      () => registerMachine(type, own),
      (error: unknown) =>
        error instanceof PawlError &&
        error.code === 'reserved-type' &&
        error.message.includes(`my-${type}`),
    );
    for (const machine of machines) assert.is(registerMachine(type, machine).type, type);
  }
});

test.run();

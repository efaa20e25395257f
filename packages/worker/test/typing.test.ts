// Types flow from the contract to the task; wrong uses do not compile. Checked by the type check.
import { command } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import {
  failed,
  pending,
  permanentError,
  task,
  type Task,
  type TaskContext,
} from '../src/index.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string(), size: z.number().default(1) }),
  output: z.object({ backendId: z.string(), zone: z.string().default('a') }),
});

class CreateVolume {
  readonly prefix: string;
  constructor(prefix: string) {
    this.prefix = prefix;
  }
  async run(input: { name: string; size: number }, { attempt }: TaskContext) {
    return { backendId: `${this.prefix}-${input.name}-${attempt}` };
  }
}

/** Never called: only its types matter. */
export const uses = (): readonly Task[] => [
  task(createVolume, ({ name, size }) => ({ backendId: name + size.toFixed() })),
  task(createVolume, async ({ name }, { lastDetails }) =>
    lastDetails === undefined ? pending() : { backendId: name, zone: 'b' },
  ),
  task(createVolume, ({ name }) =>
    name === '' ? permanentError('no-name', 'No name.') : failed('x', 'X.'),
  ),
  task(createVolume, new CreateVolume('b')),
  // @ts-expect-error a class that needs arguments is constructed by its owner
  task(createVolume, CreateVolume),
  // @ts-expect-error the output lacks backendId
  task(createVolume, () => ({ zone: 'b' })),
  // @ts-expect-error the output has a string
  task(createVolume, async () => ({ backendId: 7 })),
  // @ts-expect-error the size is a number
  task(createVolume, ({ size }) => ({ backendId: size })),
];

const test = suite('typing');

test('a task keeps the contract that it serves', () => {
  const served = task(createVolume, ({ name }) => ({ backendId: name }));
  assert.is(served.contract, createVolume.contract);
});

test.run();

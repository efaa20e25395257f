// Types flow from the machine to the handle; wrong uses do not compile. Checked by the type check.
import { command, jobMachine } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import type { Client } from '../src/index.ts';
import { createScriptedHost } from './scripted-host.ts';
import { volume } from './volume.machine.ts';

const add = command({
  name: 'add',
  service: 'text',
  job: true,
  input: z.object({ x: z.number() }),
  output: z.object({ sum: z.number() }),
});

/** Never called: only its types matter. */
export const uses = async (client: Client): Promise<void> => {
  const byMachine = client.actor(volume, 'vol-1');
  const byType = client.actor<typeof volume>('volume', 'vol-1');
  for (const handle of [byMachine, byType]) {
    const state = await handle.create({ sizeGiB: 1 });
    const size: number = state.context.sizeGiB;
    const value: 'creating' | 'ok' | 'gone' = state.value;
    state.matches(value);
    await handle.send({ type: 'EXTEND', sizeGiB: size });
    await handle.waitFor((each) => each.matches('ok') && each.can({ type: 'DELETE' }));
    handle.subscribe((each) => each.context.sizeGiB.toFixed());

    // @ts-expect-error the input has a number
    await handle.create({ sizeGiB: 'big' });
    // @ts-expect-error the input is needed
    await handle.create();
    // @ts-expect-error there is no such event
    await handle.send({ type: 'EXPLODE' });
    // @ts-expect-error the event lacks a field
    await handle.send({ type: 'EXTEND' });
    // @ts-expect-error there is no such state
    state.matches('exploded');
    // @ts-expect-error there is no such field
    assert.ok(state.context.colour);
  }
  const { sum } = await client.run(add, { x: 1 });
  sum.toFixed();
  // @ts-expect-error the input has a number
  await client.run(add, { x: 'one' });
  // @ts-expect-error the output has no such field
  assert.ok((await client.run(add, { x: 1 })).product);
  // @ts-expect-error a machine is no command
  await client.run(jobMachine, { x: 1 });
};

const test = suite('typing');

test('a handle by type is the same as one by machine', async () => {
  const host = await createScriptedHost();
  const { client } = host.client();
  await client.actor(volume, 'vol-1').create({ sizeGiB: 1 });
  const state = await client.actor<typeof volume>('volume', 'vol-1').load();
  assert.ok(state.matches('creating'));
  await client.close();
});

test.run();

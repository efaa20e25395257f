// The example of the guide of limits, compiled and run; and a check that it is the guide's.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { equal } from 'node:assert/strict';
import { testActor } from '@pawl/testing';
import { permit, remote, type PermitGranted } from '@pawl/core';
import { setup } from 'xstate';

const volume = setup({
  types: { events: {} as { type: 'READY' } | PermitGranted<'slot'> },
  actors: { slot: permit('openstack/settings-7', { max: 1 }) },
}).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  states: {
    creating: {
      invoke: { id: 'slot', src: 'slot' },
      initial: 'queued',
      states: { queued: { on: { 'pawl.granted.slot': 'working' } }, working: {} },
      on: { READY: 'ok' },
    },
    ok: {},
  },
});

// Two volumes at one place.
const pair = setup({ actors: { volume: remote<typeof volume>('volume') } }).createMachine({
  id: 'pair',
  version: '1',
  invoke: ['one', 'two'].map((id) => ({ id, src: 'volume' as const, input: { id, input: {} } })),
});

const test = suite('guide of limits');

test('who has to wait says behind whom, and goes on when the place is free', async () => {
  const actor = testActor(pair, { children: { volume } });
  await actor.settle();
  const [one, two] = [actor.actor(volume, 'one'), actor.actor(volume, 'two')];
  equal(one.state.matches({ creating: 'working' }), true);
  equal(two.state.matches({ creating: 'queued' }), true);
  equal(two.state.waitingFor[0]?.behind?.id, 'one');
  await one.send({ type: 'READY' });
  equal(two.state.matches({ creating: 'working' }), true);
});

test('what the guide shows stands here', () => {
  const page = new URL('../../../docs/guides/limits.md', import.meta.url);
  const plain = (text: string): string =>
    text.replaceAll(/^ +/gm, '').replaceAll('@pawl/core', 'pawl');
  const source = plain(readFileSync(new URL(import.meta.url), 'utf8'));
  const [, example = ''] = readFileSync(page, 'utf8').match(/(import \{ equal[\s\S]*?)```/) ?? [];
  assert.ok(example !== '');
  for (const part of plain(example).split('\n\n')) assert.ok(source.includes(part.trim()), part);
});

test.run();

// fold-again: a mended machine folds the journal anew; what is out and still needed goes on.
import {
  decodeState,
  encodeBody,
  encodeState,
  fold,
  foldAgain,
  readEntry,
  registerMachine,
  replayJournal,
  waitingForOf,
  type ActorState,
  type Entry,
  type Fold,
  type RegisteredMachine,
  type StoredEntry,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVolumeMachine, Life, shortOf } from './order-world.ts';
import { volume } from './permit-machine.ts';
import { PermitWorld } from './permit-world.ts';
import { Walk } from './walk/walk.ts';

const test = suite('fold-again');

const broken = createVolumeMachine('1', false);
const mended = createVolumeMachine('2', true);

const heldBy = (state: ActorState | undefined) => (state === undefined ? [] : waitingForOf(state));

const foldAgainBy = (life: Life, machine: RegisteredMachine) => {
  const held = heldBy(life.state);
  life.machine = machine;
  return life.order({ type: 'fold-again', version: machine.version, held });
};

test('the entry that faulted the actor is folded; emits are not repeated', () => {
  const life = new Life(broken).settle();
  assert.is(life.append('event', { type: 'EXTEND' }).outcome.kind, 'faulted');
  const step = foldAgainBy(life, mended);
  assert.is(step.outcome.kind, 'applied');
  assert.is(life.state?.status, 'active');
  assert.is(life.state?.version, '2');
  assert.is(life.state?.digest, mended.digest);
  assert.is(life.state?.epoch, 1);
  assert.is(life.state?.snapshot.context['size'], 2);
  assert.equal(shortOf(step.effects), []);
});

test('a command that is out goes on, and its reply counts', () => {
  const life = new Life(broken);
  life.append('create', { input: { name: 'data' } });
  const before = life.state?.pending.commands['create'];
  const step = foldAgainBy(life, mended);
  assert.ok(shortOf(step.effects).every((text) => text.startsWith('arm ')));
  assert.equal(life.state?.pending.commands['create'], before);
  life.reply({ outcome: 'done', output: { backendId: 'b-1' } });
  assert.is(life.value, 'ok');
});

test('a command that nobody has out is published under a generation of the order', () => {
  const life = new Life(broken);
  life.append('create', { input: { name: 'data' } });
  const before = life.state?.pending.commands['create'];
  life.machine = mended;
  const step = life.order({ type: 'fold-again', version: '2', held: [] });
  assert.is(shortOf(step.effects)[0], 'command create');
  const now = life.state?.pending.commands['create'];
  assert.ok(now?.generation.startsWith('2-'));
  assert.is(now?.firstGeneration, before?.generation);
  assert.is(now?.attempt, 1);
});

test('what the new state does not need is called off, and its late success shown', () => {
  const life = new Life(broken).settle();
  life.append('event', { type: 'ATTACH' });
  const held = [
    ...heldBy(life.state),
    {
      what: 'command' as const,
      name: 'format',
      generation: '3-0-zzzzzzzz',
      status: 'running' as const,
      service: 'storage',
      task: 'format-volume',
      until: life.time + 60_000,
    },
    { what: 'timer' as const, name: '#gone', generation: '3-0-yyyyyyyy' },
    {
      what: 'child' as const,
      name: 'old',
      generation: '3-0-xxxxxxxx',
      child: { type: 'disk', id: 'disk-0' },
    },
  ];
  life.machine = mended;
  const step = life.order({ type: 'fold-again', version: '2', held });
  assert.equal(shortOf(step.effects), [
    'cancel format',
    'disarm #gone',
    'peer disk/disk-0 pawl.stop',
    'create disk/disk-1',
  ]);
  const late = life.append('reply-storage', {
    task: 'format-volume',
    path: 'format',
    generation: '3-0-zzzzzzzz',
    outcome: 'done',
  });
  assert.equal(shortOf(late.effects), ['late']);
});

test('refused while the machine given faults, too: nothing changes', () => {
  const life = new Life(broken).settle();
  life.append('event', { type: 'EXTEND' });
  const before = life.state;
  const step = life.order({ type: 'fold-again', version: '1', held: [] });
  assert.is(step.outcome.kind === 'refused' && step.outcome.error.code, 'actor-faulted');
  assert.match(step.outcome.kind === 'refused' ? step.outcome.error.message : '', /entry 3/);
  assert.equal(life.state, { ...before, sequence: 4, entryTime: life.time, time: life.time });
});

test('a replay needs the mended machine only, and gives the same', () => {
  const life = new Life(broken).settle();
  life.append('event', { type: 'EXTEND' });
  foldAgainBy(life, mended);
  life.append('event', { type: 'EXTEND', by: 5 });
  const stored: StoredEntry[] = life.entries.map((entry) => ({
    type: entry.type,
    id: entry.id,
    sequence: entry.sequence,
    time: entry.time,
    kindToken: entry.service === undefined ? entry.kind : `reply-${entry.service}`,
    headers: entry.kind === 'create' ? { 'Pawl-Version': '1' } : entry.headers,
    body: encodeBody(entry.body),
  }));
  const only = (_type: string, version?: string) => (version === '2' ? mended : undefined);
  const both = (_type: string, version?: string) => (version === '2' ? mended : broken);
  for (const machineOf of [only, both])
    assert.equal([...replayJournal(machineOf, stored)].at(-1)?.step.state, life.state);
});

test('a second one folds over the first', () => {
  const life = new Life(broken).settle();
  life.append('event', { type: 'EXTEND' });
  foldAgainBy(life, mended);
  life.append('event', { type: 'EXTEND', by: 5 });
  const context = life.state?.snapshot.context;
  const step = foldAgainBy(life, createVolumeMachine('3', true));
  assert.is(step.outcome.kind, 'applied');
  assert.is(life.state?.epoch, 2);
  assert.is(life.state?.version, '3');
  assert.equal(life.state?.snapshot.context, context);
});

/** A walk on a random machine, with all that was folded. */
const walked = async (seed: number) => {
  const entries: Entry[] = [];
  let last: ActorState | undefined;
  let machine: RegisteredMachine | undefined;
  const recording: Fold = (registered, state, entry) => {
    const step = fold(registered, state, entry);
    if (entry.body['type'] === 'PROBE') return step; // The walk only looks; it goes on from before.
    entries.push(entry);
    machine = registered;
    last = step.state;
    return step;
  };
  const { difference } = await new Walk(seed, recording).run(60);
  assert.is(difference, undefined);
  return { entries, last, machine };
};

test('property: the same machine gives the same state and publishes nothing new', async () => {
  let count = 0;
  for (let seed = 7_000; count < 60; seed += 1) {
    const { entries, last, machine } = await walked(seed);
    if (last === undefined || machine === undefined || last.status !== 'active') continue;
    count += 1;
    const order = {
      type: last.type,
      id: last.id,
      sequence: last.sequence + 1,
      time: last.time,
      kind: 'admin' as const,
      headers: {},
      body: { type: 'fold-again', by: 'ada', version: machine.version, held: heldBy(last) },
    };
    const { state, effects, outcome } = foldAgain(machine, last, entries, order);
    assert.is(outcome.kind, 'applied', `seed ${seed}`);
    const fresh = effects.filter(({ kind }) => kind !== 'arm' && kind !== 'create');
    assert.equal(fresh, [], `seed ${seed}`);
    const { sequence, time: entryTime } = order;
    const expected = decodeState(encodeState({ ...last, sequence, entryTime, epoch: 1 }));
    assert.equal(state && decodeState(encodeState(state)), expected, `seed ${seed}`);
  }
});

test('with nobody to tell what it has out, what limits gave goes back, and is asked for anew', () => {
  const machine = registerMachine('volume', volume);
  const world = new PermitWorld({ volume });
  const actor = { type: 'volume', id: 'vol-1' };
  world.create('volume', 'vol-1');
  const before = world.states.get('volume/vol-1')?.pending.permits?.['slot'];
  assert.is(before?.held, 1);
  const entries = world.journals.get('volume/vol-1') ?? [];
  const order = readEntry({
    ...actor,
    ...{ sequence: world.sequence + 1, time: world.time + 10, kindToken: 'admin', headers: {} },
    body: encodeBody({ type: 'fold-again', version: '1', by: 'somebody' }),
  });
  const step = foldAgain(machine, undefined, entries, order);
  const words = step.effects.flatMap((effect) =>
    effect.kind === 'peer' ? [`${effect.event.type} ${String(effect.event['generation'])}`] : [],
  );
  const after = step.state?.pending.permits?.['slot'];
  assert.is(after?.held, 0);
  assert.equal(words, [`pawl.release ${before?.generation}`, `pawl.acquire ${after?.generation}`]);
});

test.run();

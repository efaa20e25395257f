// Orders of operators: retry, inject, pause, set-state and unlink, one entry each.
import { commandId, type Step } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVolumeMachine, Life, shortOf } from './order-world.ts';

const test = suite('orders of operators');

const newLife = (): Life => new Life(createVolumeMachine('1', false));

const refusal = ({ outcome }: Step): string | undefined =>
  outcome.kind === 'refused' ? outcome.error.code : outcome.kind;

const failure = { outcome: 'failed', error: { code: 'cloud-down', message: 'no answer' } };

test('retry: a command in backoff begins its next attempt now, with all its time', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  const first = life.state?.pending.commands['create'];
  life.reply(failure);
  assert.is(life.state?.pending.commands['create']?.status, 'backoff');
  const step = life.order({ type: 'retry' });
  assert.equal(shortOf(step.effects), ['disarm create#retry', 'command create']);
  const [, again] = step.effects;
  const next = life.state?.pending.commands['create'];
  assert.is(next?.attempt, 2);
  assert.is(next?.status, 'running');
  assert.is(next?.deadlineAt, life.time + (first?.deadlineAt ?? 0) - (first?.since ?? 0));
  const key = commandId({ type: 'volume', id: 'vol-1' }, 'create', first?.generation ?? '');
  assert.is(again?.kind === 'command' && again.idempotencyKey, key);
});

test('retry: a running command is left alone, unless it is named', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  assert.equal(life.order({ type: 'retry' }).outcome, { kind: 'ignored', reason: 'nothing-to-do' });
  const step = life.order({ type: 'retry', path: 'create' });
  assert.equal(shortOf(step.effects), ['command create']);
  const wrong = life.order({ type: 'retry', path: 'other' });
  assert.is(refusal(wrong), 'not-pending');
  assert.match(wrong.outcome.kind === 'refused' ? wrong.outcome.error.message : '', /create/);
});

test('retry: a faulted actor goes on before the entry that faulted it', () => {
  const life = newLife().settle();
  assert.is(life.append('event', { type: 'EXTEND' }).outcome.kind, 'faulted');
  assert.is(refusal(life.append('event', { type: 'NOTE' })), 'actor-faulted');
  assert.is(life.order({ type: 'retry' }).outcome.kind, 'applied');
  assert.is(life.state?.status, 'active');
  assert.is(life.state?.fault, undefined);
  assert.is(life.append('event', { type: 'EXTEND', by: 4 }).outcome.kind, 'applied');
  assert.is(life.state?.snapshot.context['size'], 5);
});

test('retry: the end of a child that came while the actor was faulted is heard', () => {
  const life = newLife().settle();
  life.append('event', { type: 'ATTACH' });
  const child = life.state?.pending.children['disk'];
  const error = { code: 'poison', message: 'three hosts died' };
  life.append('host', { type: 'faulted', sequence: 3, error });
  const end = { type: 'pawl.child-done', path: 'disk', generation: child?.generation };
  const from = { type: 'disk', id: 'disk-1', sequence: 77, n: 0 };
  assert.is(life.append('peer', { from, event: end }).outcome.kind, 'applied');
  assert.is(life.state?.status, 'faulted');
  assert.is(life.value, 'attached');
  life.order({ type: 'retry' });
  assert.is(life.value, 'ok');
  assert.equal(life.state?.pending.children, {});
});

test('a child that could not be created does not wake a faulted parent', () => {
  const life = newLife().settle();
  life.append('event', { type: 'ATTACH' });
  const generation = life.state?.pending.children['disk']?.generation;
  const error = { code: 'poison', message: 'three hosts died' };
  life.append('host', { type: 'faulted', sequence: 3, error });
  life.append('host', { type: 'child-failed', path: 'disk', generation, error });
  assert.is(life.state?.status, 'faulted');
  life.order({ type: 'retry' });
  assert.is(life.value, 'erred');
});

test('retry: timers of a faulted actor are armed again', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  life.append('host', { type: 'faulted', sequence: 1, error: { code: 'poison', message: 'x' } });
  const step = life.order({ type: 'retry' });
  const [timer] = Object.keys(life.state?.pending.timers ?? {});
  assert.equal(shortOf(step.effects), ['command create', `arm ${timer}`]);
});

test('inject: an event is checked and taken like one that was sent', () => {
  const life = newLife().settle();
  life.order({ type: 'inject', event: { type: 'EXTEND', by: 2 } });
  assert.is(life.state?.snapshot.context['size'], 3);
  assert.is(refusal(life.order({ type: 'inject', event: { type: 'NEVER' } })), 'unknown-event');
  assert.is(refusal(life.order({ type: 'inject', event: { type: 'DELETE' } })), 'event-refused');
});

test('inject: the output of a command, checked by its schema; its worker is cancelled', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  const wrong = life.order({ type: 'inject', path: 'create', outcome: 'done', output: {} });
  assert.is(refusal(wrong), 'invalid-output');
  assert.is(life.value, 'creating');
  const output = { backendId: 'by-hand' };
  const step = life.order({ type: 'inject', path: 'create', outcome: 'done', output });
  assert.is(life.value, 'ok');
  assert.is(life.state?.snapshot.context['backendId'], 'by-hand');
  assert.is(shortOf(step.effects)[0], 'cancel create');
  const cancelled = Object.values(life.state?.pending.commands ?? {});
  assert.equal(
    cancelled.map(({ status }) => status),
    ['cancelled'],
  );
});

test('inject: the error of a command is final', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  const error = { code: 'given-up', message: 'the cloud is gone' };
  life.order({ type: 'inject', path: 'create', outcome: 'failed', error });
  assert.is(life.value, 'erred');
});

test('inject: a timer fires now; the name of none is refused with those that are armed', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  const [timer = ''] = Object.keys(life.state?.pending.timers ?? {});
  const wrong = life.order({ type: 'inject', timer: 'none' });
  assert.is(refusal(wrong), 'not-pending');
  assert.ok(wrong.outcome.kind === 'refused' && wrong.outcome.error.message.includes(timer));
  life.order({ type: 'inject', timer });
  assert.is(life.value, 'erred');
});

test('inject: a faulted actor takes nothing, a child ends as it is told', () => {
  const life = newLife().settle();
  life.append('event', { type: 'ATTACH' });
  life.order({ type: 'inject', path: 'disk', outcome: 'done' });
  assert.is(life.value, 'ok');
  life.append('event', { type: 'EXTEND' });
  const step = life.order({ type: 'inject', event: { type: 'NOTE' } });
  assert.is(refusal(step), 'actor-faulted');
});

test('pause and resume change nothing: the host parks the actor', () => {
  const life = newLife().settle();
  const { snapshot, pending } = life.state ?? {};
  assert.is(life.order({ type: 'pause' }).outcome.kind, 'applied');
  assert.is(life.order({ type: 'resume' }).outcome.kind, 'applied');
  assert.is(life.state?.snapshot, snapshot);
  assert.is(life.state?.pending, pending);
});

test('set-state: leaves and enters as a transition would, with exits, entries and invokes', () => {
  const life = newLife();
  life.append('create', { input: { name: 'data' } });
  const step = life.order({ type: 'set-state', value: 'ok', context: { backendId: 'b-9' } });
  assert.is(life.value, 'ok');
  assert.is(life.state?.snapshot.context['backendId'], 'b-9');
  assert.is(life.state?.snapshot.context['name'], 'data');
  const [timer = ''] = shortOf(step.effects).filter((text) => text.startsWith('disarm'));
  assert.equal(
    shortOf(step.effects).toSorted(),
    ['cancel create', timer, 'emit volume.ok'].toSorted(),
  );
  const again = life.order({ type: 'set-state', value: 'creating' });
  assert.is(life.value, 'creating');
  assert.ok(shortOf(again.effects).includes('command create'));
  life.reply({ outcome: 'done', output: { backendId: 'b-10' } });
  assert.is(life.value, 'ok');
});

test('set-state: a state that is none is refused with those that are', () => {
  const life = newLife().settle();
  const step = life.order({ type: 'set-state', value: 'okay' });
  assert.is(refusal(step), 'invalid-state');
  assert.match(step.outcome.kind === 'refused' ? step.outcome.error.message : '', /creating, ok/);
  assert.is(refusal(life.order({ type: 'set-state', value: 'ok.deep' })), 'invalid-state');
});

test('set-state: a faulted actor is well again; a final state ends it', () => {
  const life = newLife().settle();
  life.append('event', { type: 'EXTEND' });
  life.order({ type: 'set-state', value: 'erred' });
  assert.is(life.state?.status, 'active');
  assert.is(life.value, 'erred');
  life.order({ type: 'set-state', value: 'gone' });
  assert.is(life.state?.status, 'done');
  assert.is(refusal(life.order({ type: 'retry' })), 'actor-ended');
});

test('unlink: ends at once; nothing is published but that nobody waits any more', () => {
  const parent = { type: 'instance', id: 'i-1', path: 'volume', generation: '3-0-abcdefgh' };
  const life = newLife();
  life.append('child', { input: { name: 'data' }, parent });
  const [timer = ''] = Object.keys(life.state?.pending.timers ?? {});
  const step = life.order({ type: 'unlink' });
  const told = ['cancel create', `disarm ${timer}`, 'peer instance/i-1 pawl.child-failed'];
  assert.equal(shortOf(step.effects), told);
  assert.is(life.state?.status, 'done');
  assert.is(life.value, 'creating');
  const late = life.append('reply-storage', {
    task: 'create-volume',
    path: 'create',
    generation: Object.values(life.state?.pending.commands ?? {})[0]?.generation,
    outcome: 'done',
    output: { backendId: 'orphan' },
  });
  assert.equal(shortOf(late.effects), ['late']);
  assert.is(life.append('create', { input: { name: 'next' } }).outcome.kind, 'applied');
});

test('unlink: children are told to stop', () => {
  const life = newLife().settle();
  life.append('event', { type: 'ATTACH' });
  const step = life.order({ type: 'unlink' });
  assert.equal(shortOf(step.effects), ['peer disk/disk-1 pawl.stop']);
});

test('an order that is none is no entry', () => {
  const life = newLife().settle();
  for (const body of [
    { type: 'rety', by: 'ada' },
    { type: 'retry' },
    { type: 'inject', by: 'ada' },
    { type: 'fold-again', by: 'ada' },
    { type: 'set-state', by: 'ada', value: 7 },
  ])
    assert.throws(() => life.append('admin', body), /is no admin/);
});

test.run();

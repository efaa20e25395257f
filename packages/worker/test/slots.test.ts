// Slots by class: which classes a worker serves, and that none takes the slots of another.
import { command, decodeBody, PawlError, type QueueClass, type WorkerBeatBody } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { DEFAULT_SLOTS, startWorker, task } from '../src/index.ts';
import { slotsOf, type SlotOptions } from '../src/slots.ts';
import { createScriptedHost } from './scripted-host.ts';

const pull = command({
  name: 'pull',
  service: 'storage',
  input: z.object({ hangs: z.boolean() }),
  output: z.object({}),
  timeoutMs: 600_000,
});

/** A task that ends at once, or only when its worker does. */
const pullTask = task(pull, async ({ hangs }, { signal }) => {
  if (hangs) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return {};
});

const test = suite('slots');

test('all classes by default; some or one when named', () => {
  assert.equal(slotsOf({}), DEFAULT_SLOTS);
  assert.equal(slotsOf({ classes: ['background'] }), { regular: 0, heavy: 0, background: 10 });
  assert.equal(slotsOf({ classes: ['heavy', 'regular'], slots: { heavy: 1 } }), {
    regular: 50,
    heavy: 1,
    background: 0,
  });
  assert.equal(slotsOf({ slots: { regular: 0 } }), { regular: 0, heavy: 4, background: 10 });
});

test('what makes no sense is refused before anything is pulled', async () => {
  const refusal = (options: SlotOptions): string => {
    try {
      slotsOf(options);
    } catch (error) {
      if (error instanceof PawlError) return `${error.code}: ${error.message}`;
    }
    return 'taken';
  };
  const urgent = 'urgent' as QueueClass;
  assert.match(refusal({ classes: [urgent] }), /^unknown-class: .*regular, heavy, background/);
  assert.match(refusal({ slots: { [urgent]: 3 } }), /^unknown-class: /);
  assert.match(refusal({ slots: { heavy: -1 } }), /^invalid-slots: .*heavy has -1/);
  assert.match(refusal({ slots: { heavy: 1.5 } }), /^invalid-slots: /);
  assert.match(refusal({ classes: ['heavy'], slots: { regular: 2 } }), /^invalid-slots: .*regular/);
  assert.match(refusal({ classes: [] }), /^invalid-slots: /);
  assert.match(
    refusal({ slots: { regular: 0, heavy: 0, background: 0 } }),
    /^invalid-slots: .*runs nothing/,
  );
  const { workerPorts: ports } = createScriptedHost();
  try {
    await startWorker({ ports, service: 'storage', tasks: [pullTask], classes: [urgent] });
    assert.unreachable();
  } catch (error) {
    assert.is(error instanceof PawlError && error.code, 'unknown-class');
  }
});

test('background commands that hang leave the slots of the others alone', async () => {
  const host = createScriptedHost();
  const beats: WorkerBeatBody[] = [];
  host.ports.bus.subscribe(host.ports.subjects.workerBeat('storage', '*'), ({ body }) => {
    beats.push(decodeBody(body) as unknown as WorkerBeatBody);
  });
  const { workerPorts: ports, clock } = host;
  const worker = await startWorker({ ports, service: 'storage', tasks: [pullTask], clock });
  for (let number = 0; number < 20; number += 1)
    await host.publish('pull', { hangs: true }, { class: 'background' });
  await clock.advance(3_000);
  assert.equal(worker.busy(), { regular: 0, heavy: 0, background: 10 });
  assert.equal(beats.at(-1)?.busy, worker.busy());
  assert.equal(beats.at(-1)?.slots, DEFAULT_SLOTS);
  await host.publish('pull', { hangs: false }, { class: 'regular' });
  await host.publish('pull', { hangs: false }, { class: 'heavy' });
  await clock.advance(100);
  assert.is(host.replies().length, 2);
  assert.is(worker.busy().background, 10);
  const stopping = worker.stop({ graceMs: 100 });
  await clock.advance(5_000);
  await stopping;
});

test('a worker of one class takes nothing of the others', async () => {
  const host = createScriptedHost();
  const { workerPorts: ports, clock } = host;
  const classes = ['heavy'] as const;
  const worker = await startWorker({
    ports,
    service: 'storage',
    tasks: [pullTask],
    classes,
    clock,
  });
  for (const queueClass of ['regular', 'heavy', 'background'] as const)
    await host.publish('pull', { hangs: false }, { class: queueClass });
  await clock.advance(1_000);
  assert.is(host.replies().length, 1);
  assert.equal(
    host.broker.commands().map(({ subject }) => subject.class),
    ['regular', 'background'],
  );
  await worker.stop();
});

test('a command whose body names another class than its subject is a dead letter', async () => {
  const host = createScriptedHost();
  const { workerPorts: ports, clock } = host;
  const worker = await startWorker({ ports, service: 'storage', tasks: [pullTask], clock });
  const body = (queueClass: string): object => ({
    task: 'pull',
    actor: host.actor,
    path: 'create',
    generation: '1-0-abcdefgh',
    input: { hangs: false },
    attempt: 1,
    idempotencyKey: 'k',
    class: queueClass,
    timeoutMs: 1,
    deadlineAt: 1,
    decidedAt: 1,
  });
  const codes: string[] = [];
  for (const queueClass of ['urgent', 'heavy']) {
    const bytes = new TextEncoder().encode(JSON.stringify(body(queueClass)));
    await host.publish('pull', {}, { generation: '1-0-abcdefgh', body: bytes });
    await clock.advance(1_000);
    const letters = await host.ports.deadLetters.list();
    codes.push(...letters.map(({ error }) => error.code));
    for (const { id } of letters) await host.ports.deadLetters.remove(id);
    await clock.advance(180_000); // Out of the dedupe window.
  }
  assert.equal(codes, ['unknown-class', 'invalid-entry']);
  await worker.stop();
});

test.run();

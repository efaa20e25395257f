// End to end on a real nats-server; after each scenario the wire is held against a fresh fold.
import { command, failed, pending, permanentError, task } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { dryPaint, makePart, partMachine, productMachine } from './scenario/machines.ts';
import { openSystem, type System } from './system/open-system.ts';

const test = suite('scenarios');

const machines = { part: partMachine, product: productMachine };

/** Runs a scenario, then checks that wire, journal and schemas agree. */
const withSystem = async (
  tasks: Parameters<typeof openSystem>[0]['tasks'],
  run: (system: System) => Promise<void>,
): Promise<void> => {
  const system = await openSystem({ service: 'factory', machines, tasks: tasks ?? [] });
  await run(system);
  const { actors, entries, messages, notices } = await system.close();
  assert.ok(actors > 0 && entries > 0 && messages > 0 && notices > 0, 'something was compared');
  assert.equal(system.complaints, []);
};

const dry = task(dryPaint, () => ({ minutes: 5 }));
const make = task(makePart, ({ part }) => ({ serial: `${part}-1` }));

test('a part is made, painted and scrapped', async () => {
  await withSystem([make, dry], async ({ client }) => {
    const wheel = client.actor(partMachine, 'p-1');
    const created = await wheel.create({ part: 'wheel' });
    assert.is(created.value, 'making');
    const ok = await wheel.waitFor((state) => state.matches('ok'), { timeoutMs: 10_000 });
    assert.is(ok.context.serial, 'wheel-1');
    assert.is((await wheel.send({ type: 'SCRAP' })).status, 'done');
  });
});

test('a failing attempt is tried again after its backoff, a permanent error is not', async () => {
  const attempts: number[] = [];
  const flaky = task(makePart, ({ part }, { attempt, idempotencyKey }) => {
    attempts.push(attempt);
    assert.match(idempotencyKey, /^part\/.+\/make@/);
    if (part === 'never') throw permanentError('no-such-part', 'nobody makes it');
    if (attempt < 3) return failed('machine-jammed', 'try again');
    return { serial: `s-${attempt}` };
  });
  await withSystem([flaky, dry], async ({ client }) => {
    const slow = client.actor(partMachine, 'p-1');
    await slow.create({ part: 'wheel' });
    const ok = await slow.waitFor((state) => state.matches('ok'), { timeoutMs: 10_000 });
    assert.is(ok.context.serial, 's-3');
    assert.equal(attempts, [1, 2, 3]);
    const never = client.actor(partMachine, 'p-2');
    await never.create({ part: 'never' });
    const erred = await never.waitFor((state) => state.matches('erred'), { timeoutMs: 10_000 });
    assert.match(erred.context.error ?? '', /nobody makes it/);
    assert.equal(attempts, [1, 2, 3, 1]);
  });
});

test('a poll is asked again, and is no attempt', async () => {
  let polls = 0;
  const slowDry = task(dryPaint, (_input, { attempt }) => {
    assert.is(attempt, 1);
    polls += 1;
    return polls < 4 ? pending() : { minutes: polls };
  });
  await withSystem([make, slowDry], async ({ client }) => {
    const wheel = client.actor(partMachine, 'p-1');
    await wheel.create({ part: 'wheel' });
    await wheel.waitFor((state) => state.matches('ok'), { timeoutMs: 10_000 });
    assert.is(polls, 4);
    const replies = (await wheel.history()).filter(({ kind }) => kind === 'reply');
    assert.is(replies.length, 2, 'polls do not touch the journal');
  });
});

test('a parent creates remote parts in parallel, hears of them, and stops them when it leaves', async () => {
  await withSystem([make, dry], async ({ client }) => {
    const bike = client.actor(productMachine, 'bike');
    await bike.create({ id: 'bike' });
    const ready = await bike.waitFor((state) => state.hasTag('settled'), { timeoutMs: 10_000 });
    assert.equal(ready.context.ready, ['frame', 'wheel']);
    await bike.waitFor((state) => state.matches({ assembling: { polish: 'smooth' } }), {
      timeoutMs: 10_000,
    });
    const sold = await bike.send({ type: 'SELL' });
    assert.equal(sold.output, { parts: 2 });
    const wheel = client.actor(partMachine, 'bike-wheel');
    await wheel.waitFor((state) => state.status === 'done', { timeoutMs: 10_000 });
    const listed: string[] = [];
    for await (const { id, status } of client.list('part')) listed.push(`${id} ${status}`);
    assert.equal(listed.toSorted(), ['bike-frame done', 'bike-wheel done']);
  });
});

test('one command as a job', async () => {
  const add = command({
    name: 'add',
    service: 'factory',
    job: true,
    input: z.object({ x: z.number(), y: z.number() }),
    output: z.object({ sum: z.number() }),
  });
  await withSystem([make, dry, task(add, ({ x, y }) => ({ sum: x + y }))], async ({ client }) => {
    assert.equal(await client.run(add, { x: 2, y: 3 }, { timeoutMs: 10_000 }), { sum: 5 });
    const wheel = client.actor(partMachine, 'p-1');
    await wheel.create({ part: 'wheel' });
    await wheel.waitFor((state) => state.matches('ok'), { timeoutMs: 10_000 });
  });
});

test.run();

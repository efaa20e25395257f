// Contract of the ports EmittedEvents, Progress and DeadLetters.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BusMessage, DeadLetter, ProgressKey } from '@pawl/core';
import { contractSuite, textOf, uniqueActor, uniqueName } from './contract-broker.ts';
import type { OpenBroker } from './contract-broker.ts';

/** The suite; end the test file with `test.run();`. */
export const outletsContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('outlets', name, open);

  test('an integration event is a CloudEvent on its subject', async () => {
    const { emitted, bus, subjects } = ports();
    const actor = uniqueActor();
    const seen: BusMessage[] = [];
    bus.subscribe(subjects.emitted(actor, '>'), (message) => seen.push(message));
    await bus.flush();
    const event = { type: 'volume.created', sizeGiB: 20 };
    const id = `${actor.type}/${actor.id}/emit@7-0`;
    await emitted.publish({ actor, id, event, time: 1_767_225_600_000 });
    await broker().waitFor(() => seen.length === 1);
    const [message] = seen;
    assert.is(message?.subject, subjects.emitted(actor, 'volume.created'));
    assert.equal(JSON.parse(textOf(message?.body ?? new Uint8Array(0))), event);
    assert.is(message?.headers['ce-specversion'], '1.0');
    assert.is(message?.headers['ce-id'], id);
    assert.is(message?.headers['ce-type'], 'volume.created');
    assert.is(message?.headers['ce-time'], '2026-01-01T00:00:00.000Z');
    assert.ok((message?.headers['ce-source'] ?? '').includes(actor.id));
  });

  test('progress keeps the last value of each command', async () => {
    const { progress } = ports();
    const actor = uniqueActor();
    const key: ProgressKey = { service: uniqueName('service'), actor, generation: '3-0-aaaaaaaa' };
    const other: ProgressKey = { ...key, generation: '4-0-aaaaaaaa' };
    assert.is(await progress.load(key), undefined);
    await progress.save(key, { details: { percent: 10 }, time: 1 });
    await progress.save(other, { pendingDelivery: 2, time: 2 });
    await progress.save(key, { details: { percent: 60 }, pendingDelivery: 4, time: 3 });
    assert.equal(await progress.load(key), {
      details: { percent: 60 },
      pendingDelivery: 4,
      time: 3,
    });
    assert.equal(await progress.load(other), { pendingDelivery: 2, time: 2 });
  });

  test('dead letters are listed oldest first, and stored once by id', async () => {
    const { deadLetters } = ports();
    const letter = (id: string, message: string): DeadLetter => ({
      id,
      actor: uniqueActor(),
      error: { code: 'invalid-body', message },
      sequence: 4,
      subject: 'pawl.journal.1.volume.vol-1.event',
      body: { base64: 'AAEC' },
      time: 1_767_225_600_000,
    });
    const [first, second] = [letter(uniqueName('journal'), '1'), letter(uniqueName('id'), '2')];
    await deadLetters.publish(first);
    await deadLetters.publish(second);
    await deadLetters.publish({ ...first, error: { code: 'invalid-body', message: 'again' } });
    const own = (await deadLetters.list()).filter(({ id }) => id === first.id || id === second.id);
    assert.equal(own, [first, second]);
    assert.is((await deadLetters.list({ limit: 1 })).length, 1);
  });

  test('dead letters come in pages, one by its id, and go when they are removed', async () => {
    const { deadLetters } = ports();
    const error = { code: 'invalid-body', message: 'x' };
    const ids = ['1', '2', '3'].map((number) => uniqueName(`page-${number}`));
    for (const id of ids) await deadLetters.publish({ id, error, time: 1 });
    const [first = '', second = '', third = ''] = ids;
    const idsOf = async (options: { readonly limit?: number; readonly after: string }) =>
      (await deadLetters.list(options)).map(({ id }) => id);
    assert.equal(await idsOf({ after: first, limit: 1 }), [second]);
    assert.equal(await idsOf({ after: second }), [third]);
    assert.equal(await deadLetters.load(second), { id: second, error, time: 1 });
    await deadLetters.remove(second);
    await deadLetters.remove(second);
    assert.is(await deadLetters.load(second), undefined);
    assert.equal(await idsOf({ after: first }), [third]);
    await deadLetters.publish({ id: second, error, time: 2 });
    assert.equal(await idsOf({ after: first }), [third, second]);
  });

  test('a command id with slashes and an at sign is a good id', async () => {
    const { deadLetters } = ports();
    const id = `${uniqueName('volume')}/vol-1/creating volume#x@17-0-abcdefgh`;
    const error = { code: 'worker-crashed', message: 'three times' };
    await deadLetters.publish({ id, error, time: 1 });
    await deadLetters.publish({ id, error, time: 2 });
    const found = (await deadLetters.list()).filter((letter) => letter.id === id);
    assert.equal(found, [{ id, error, time: 1 }]);
  });

  return test;
};

// Contract of the port Timers: a due timer becomes an entry of the journal.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { HEADER, type ActorAddress, type StoredEntry } from '@pawl/core';
import {
  bodyOf,
  brokerNow,
  contractSuite,
  textOf,
  uniqueActor,
  type OpenBroker,
} from './contract-broker.ts';

/** The suite; end the test file with `test.run();`. */
export const timersContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('timers', name, open);
  const arm = (
    actor: ActorAddress,
    generation: string,
    dueAt: number,
    text = '{"key":"k"}',
  ): Promise<void> => ports().timers.arm({ actor, generation, dueAt, body: bodyOf(text) });
  const fired = async (actor: ActorAddress, count: number): Promise<readonly StoredEntry[]> => {
    await broker().waitFor(async () => (await ports().journal.read(actor)).length >= count);
    return ports().journal.read(actor);
  };

  test('a due timer becomes an entry of kind timer, from the timer stream', async () => {
    const actor = uniqueActor();
    const dueAt = (await brokerNow(ports())) + 400;
    await arm(actor, '12-0-abcdefgh', dueAt, '{"key":"k","generation":"12-0-abcdefgh"}');
    assert.equal(await ports().journal.read(actor), []);
    const [entry] = await fired(actor, 1);
    assert.is(entry?.kindToken, 'timer');
    assert.is(textOf(entry?.body ?? bodyOf('')), '{"key":"k","generation":"12-0-abcdefgh"}');
    assert.ok((entry?.time ?? 0) >= dueAt);
    assert.ok((entry?.headers[HEADER.streamSource] ?? '') !== '');
  });

  test('a timer whose time has passed fires at once', async () => {
    const actor = uniqueActor();
    await arm(actor, '1-0-aaaaaaaa', (await brokerNow(ports())) - 60_000);
    assert.is((await fired(actor, 1)).length, 1);
  });

  test('a disarmed timer does not fire; disarming twice is no error', async () => {
    const [disarmed, other] = [uniqueActor(), uniqueActor()];
    const now = await brokerNow(ports());
    await arm(disarmed, '1-0-aaaaaaaa', now + 500);
    await arm(other, '1-0-aaaaaaaa', now + 900);
    await ports().timers.disarm(disarmed, '1-0-aaaaaaaa');
    await ports().timers.disarm(disarmed, '1-0-aaaaaaaa');
    await ports().timers.disarm(disarmed, '9-9-neverwas');
    await fired(other, 1);
    assert.equal(await ports().journal.read(disarmed), []);
  });

  test('arming the same generation again replaces it', async () => {
    const [sooner, postponed, last] = [uniqueActor(), uniqueActor(), uniqueActor()];
    const now = await brokerNow(ports());
    await arm(sooner, '1-0-aaaaaaaa', now + 86_400_000, 'first');
    await arm(sooner, '1-0-aaaaaaaa', now + 500, 'second');
    await arm(postponed, '1-0-aaaaaaaa', now + 500, 'first');
    await arm(postponed, '1-0-aaaaaaaa', now + 900, 'second');
    await arm(last, '1-0-aaaaaaaa', now + 1300);
    await fired(last, 1);
    for (const actor of [sooner, postponed])
      assert.equal(
        (await ports().journal.read(actor)).map(({ body }) => textOf(body)),
        ['second'],
      );
  });

  test('another generation is another timer', async () => {
    const actor = uniqueActor();
    const now = await brokerNow(ports());
    await arm(actor, '12-0-aaaaaaaa', now + 500, 'newer');
    await arm(actor, '10-0-aaaaaaaa', now + 300, 'older');
    await ports().timers.disarm(actor, '11-0-aaaaaaaa');
    const texts = (await fired(actor, 2)).map(({ body }) => textOf(body));
    assert.equal([...texts].sort(), ['newer', 'older']);
  });

  test('a late re-arm of a fired timer fires again: the fold knows it as stale', async () => {
    const actor = uniqueActor();
    const dueAt = (await brokerNow(ports())) + 300;
    await arm(actor, '1-0-aaaaaaaa', dueAt);
    await fired(actor, 1);
    await arm(actor, '1-0-aaaaaaaa', dueAt);
    assert.is((await fired(actor, 2)).length, 2);
  });

  return test;
};

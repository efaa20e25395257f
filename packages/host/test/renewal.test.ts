// The next life of an actor that several want at once: each looks again, and nobody is refused.
import { createCause, silentLog, type CreateEffect, type StoredEntry } from '@pawl/core';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { publishEffect } from '../src/effects/publish-effect.ts';

const test = suite('renewal');

const job = { type: 'job', id: 'key-tenant' };
const origin = { state: { type: 'schedule', id: 'one', sequence: 1, time: 0 } };
const effectOf = (id: string): CreateEffect => ({
  kind: 'create',
  to: job,
  input: {},
  parent: { type: 'schedule', id, path: 'run-0/child', generation: '1-0-aaaaaaaa' },
  hops: 1,
  renew: true,
});

test('whoever is overtaken between its look and its create looks again', async () => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock, partitions: 1 });
  const own = broker.ports('own');
  const other = broker.ports('other');
  const within = async (work: Promise<unknown> | undefined): Promise<void> => {
    let isOver = false;
    const done = Promise.resolve(work).finally(() => (isOver = true));
    while (!isOver) await clock.advance(1);
    await done;
  };
  const contextOf = (ports: typeof own) => ({
    ports,
    log: silentLog,
    versionFor: () => Promise.resolve('2'),
  });
  const create = (ports: typeof own, id: string): Promise<unknown> | undefined =>
    publishEffect(contextOf(ports), origin, effectOf(id));
  await within(create(own, 'first'));
  // Others are faster, twice.
  let overtakes = 0;
  const overtaken = {
    ...own,
    journal: new Proxy(own.journal, {
      get: (journal, name) => {
        if (name !== 'read') {
          const value: unknown = Reflect.get(journal, name);
          return typeof value === 'function' ? (value.bind(journal) as unknown) : value;
        }
        return async (...given: Parameters<typeof journal.read>) => {
          const found: readonly StoredEntry[] = await journal.read(...given);
          overtakes += 1;
          if (overtakes <= 2) await create(other, `faster-${overtakes}`);
          return found;
        };
      },
    }),
  };
  await within(create(overtaken, 'slow'));
  const causes = broker.entries(job).map(({ headers }) => headers['Pawl-Cause']);
  const expected = ['first', 'faster-1', 'faster-2', 'slow'].map((id) => createCause(effectOf(id)));
  assert.equal(causes, expected);
  await within(create(overtaken, 'slow'));
  assert.is(broker.entries(job).length, 4, 'its own create is there');
});

test.run();

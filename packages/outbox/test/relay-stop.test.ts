// A relay stops in time, also when its database takes everything and answers nothing.
import { startRelay, type Database, type DatabaseSession } from '@pawl/outbox';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SCHEMA_VERSION } from '../src/migrations.ts';

const test = suite('stop of a relay');

const session = (isSilent: boolean): DatabaseSession => ({
  execute: () =>
    isSilent
      ? new Promise(() => undefined)
      : Promise.resolve([{ found: true, version: SCHEMA_VERSION, id: 'o', outbox_id: 'o' }]),
  onNotification: () => undefined,
  onEnd: () => undefined,
  close: () => (isSilent ? new Promise(() => undefined) : Promise.resolve()),
});

for (const what of ['opens no connection', 'answers no statement'])
  test(`a database that ${what} does not hold up the stop`, async () => {
    const clock = createVirtualClock();
    let opened = 0;
    const database: Database = {
      open: () => {
        opened += 1;
        if (opened === 1) return Promise.resolve(session(false));
        return what === 'opens no connection'
          ? new Promise(() => undefined)
          : Promise.resolve(session(true));
      },
    };
    const lines: string[] = [];
    const relay = await startRelay({
      ports: createMemoryBroker({ clock }).ports('relay'),
      database,
      clock,
      log: (level, message) => lines.push(`${level} ${message}`),
    });
    await clock.advance('1s');
    assert.is(opened, 2);
    let isOver = false;
    void relay.stop().then(() => (isOver = true));
    await clock.advance('7s');
    assert.ok(isOver);
    assert.equal(lines, ['warn The relay leaves a database that does not answer']);
  });

test.run();

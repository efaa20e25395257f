// Contract of the port Snapshots: save, load, headers, and that a write never lowers the sequence.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActorAddress, SnapshotHeader } from '@pawl/core';
import { bodyOf, contractSuite, textOf, uniqueActor, uniqueName } from './contract-broker.ts';
import type { OpenBroker } from './contract-broker.ts';

const headerOf = (
  actor: ActorAddress,
  sequence: number,
  more: Partial<SnapshotHeader> = {},
): SnapshotHeader => ({
  ...actor,
  sequence,
  entryTime: 1_767_225_600_000 + sequence,
  journal: '2026-01-01T00:00:00Z',
  version: '1',
  digest: 'digest-1',
  status: 'active',
  value: '"ok"',
  tags: [],
  since: 1_767_225_600_000,
  ...more,
});

/** The suite; end the test file with `test.run();`. */
export const snapshotsContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('snapshots', name, open);
  const loadText = async (partition: number, actor: ActorAddress): Promise<string | undefined> => {
    const stored = await ports().snapshots.load(partition, actor);
    return stored && textOf(stored.body);
  };

  test('loads what was saved, header and body', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    assert.is(await snapshots.load(1, actor), undefined);
    const header = headerOf(actor, 12, {
      value: '{"alive":{"network":"up","größe":"€"}}',
      tags: ['busy', 'with space', 'with,comma'],
      dueAt: 1_767_225_700_000,
      parked: { code: 'version-missing', message: 'no host has "2"\nyet', from: 13 },
    });
    const saved = await snapshots.save(1, header, bodyOf('state'), 0);
    assert.is(saved.saved, true);
    const stored = await snapshots.load(1, actor);
    assert.equal(stored?.header, header);
    assert.is(textOf(stored?.body ?? bodyOf('')), 'state');
    assert.is(stored?.revision, saved.revision);
    assert.is(await snapshots.load(2, actor), undefined);
  });

  test('headers that are read while snapshots are replaced name every actor', async () => {
    const { snapshots } = ports();
    const type = uniqueName('type');
    const actors = Array.from({ length: 200 }, (_, index) => ({ type, id: `a-${index}` }));
    let sequence = 1;
    const saveAll = (): Promise<unknown> => {
      sequence += 1;
      const saves = actors.map((actor) =>
        snapshots.save(3, headerOf(actor, sequence), bodyOf('x')),
      );
      return Promise.all(saves);
    };
    await saveAll();
    for (let round = 0; round < 20; round += 1) {
      const [, ...read] = await Promise.all([
        saveAll(),
        snapshots.headers(3, type),
        snapshots.headers(3, type),
      ]);
      for (const headers of read) assert.is(new Set(headers.map(({ id }) => id)).size, 200);
    }
  });

  test('an empty body stays empty: an actor parked before its first step', async () => {
    const actor = uniqueActor();
    const parked = { code: 'version-missing', message: 'no host has it', from: 3 };
    await ports().snapshots.save(0, headerOf(actor, 0, { parked }), new Uint8Array(0));
    const stored = await ports().snapshots.load(0, actor);
    assert.is(stored?.body.length, 0);
    assert.equal(stored?.header.parked, parked);
  });

  test('saves go on from the revision of the last one', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    let revision = 0;
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      const body = bodyOf(`state ${sequence}`);
      const result = await snapshots.save(1, headerOf(actor, sequence), body, revision);
      assert.is(result.saved, true);
      assert.ok(result.revision > revision);
      revision = result.revision;
    }
    assert.is(await loadText(1, actor), 'state 5');
  });

  test('never lowers the sequence, whatever revision the writer knows', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    const { revision } = await snapshots.save(1, headerOf(actor, 9), bodyOf('nine'));
    for (const known of [undefined, 0, revision]) {
      const result = await snapshots.save(1, headerOf(actor, 8), bodyOf('eight'), known);
      assert.is(result.saved, false);
    }
    assert.is(await loadText(1, actor), 'nine');
  });

  test('a stale revision is no hindrance to a larger or equal sequence', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    await snapshots.save(1, headerOf(actor, 5), bodyOf('five'), 0);
    await snapshots.save(1, headerOf(actor, 6), bodyOf('six'));
    assert.is((await snapshots.save(1, headerOf(actor, 7), bodyOf('seven'), 0)).saved, true);
    assert.is((await snapshots.save(1, headerOf(actor, 7), bodyOf('again'), 1)).saved, true);
    assert.is(await loadText(1, actor), 'again');
  });

  test('a snapshot of another journal is replaced, also by a lower sequence', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    await snapshots.save(1, headerOf(actor, 900), bodyOf('old journal'));
    const header = headerOf(actor, 3, { journal: '2026-02-02T00:00:00Z' });
    assert.is((await snapshots.save(1, header, bodyOf('new journal'))).saved, true);
    assert.is(await loadText(1, actor), 'new journal');
  });

  test('of many who save at once, the largest sequence stays', async () => {
    const other = await broker().connect();
    const actor = uniqueActor();
    const order = [4, 9, 2, 7, 10, 1, 8, 3, 6, 5];
    await Promise.all(
      order.map((sequence, index) =>
        (index % 2 === 0 ? ports() : other.ports).snapshots.save(
          1,
          headerOf(actor, sequence),
          bodyOf(`state ${sequence}`),
        ),
      ),
    );
    assert.is(await loadText(1, actor), 'state 10');
    await other.end();
  });

  test('states larger than the payload limit survive, also when they shrink again', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    const large = Uint8Array.from({ length: 2_600_000 }, (_, index) => index % 251);
    await snapshots.save(1, headerOf(actor, 1), large);
    const stored = await snapshots.load(1, actor);
    assert.is(stored?.body.length, large.length);
    assert.ok(Buffer.from(stored?.body ?? []).equals(Buffer.from(large)));
    await snapshots.save(1, headerOf(actor, 2), bodyOf('small'), stored?.revision);
    assert.is(await loadText(1, actor), 'small');
  });

  test('lists headers by partition and type', async () => {
    const { snapshots } = ports();
    const [type, other] = [uniqueName('type'), uniqueName('type')];
    const actors = [uniqueActor(type), uniqueActor(type), uniqueActor(other)];
    for (const actor of actors) await snapshots.save(3, headerOf(actor, 4), bodyOf('x'));
    await snapshots.save(2, headerOf(uniqueActor(type), 4), bodyOf('x'));
    const ids = async (only?: string): Promise<string[]> =>
      (await snapshots.headers(3, only)).map(({ id }) => id).sort();
    const expected = actors.map(({ id }) => id);
    assert.equal(await ids(type), expected.slice(0, 2).sort());
    assert.equal((await ids()).filter((id) => expected.includes(id)).sort(), [...expected].sort());
    const header = (await snapshots.headers(3, other))[0];
    assert.equal(header, headerOf(actors[2] ?? uniqueActor(), 4));
  });

  test('one that the journal disproves is replaced by a smaller sequence, once', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    const { revision } = await snapshots.save(1, headerOf(actor, 9), bodyOf('nine'), 0);
    const refused = await snapshots.save(1, headerOf(actor, 5), bodyOf('five'), revision, 0);
    assert.is(refused.saved, false);
    const lower = await snapshots.save(1, headerOf(actor, 5), bodyOf('five'), revision, revision);
    assert.is(lower.saved, true);
    assert.is(await loadText(1, actor), 'five');
    const late = await snapshots.save(1, headerOf(actor, 4), bodyOf('four'), revision, revision);
    assert.is(late.saved, false);
    assert.is(await loadText(1, actor), 'five');
  });

  test('a removal up to a revision leaves a newer snapshot', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    const old = await snapshots.save(1, headerOf(actor, 9), bodyOf('nine'), 0);
    const fresh = await snapshots.save(1, headerOf(actor, 10), bodyOf('ten'), old.revision);
    await snapshots.remove(1, actor, old.revision);
    assert.is(await loadText(1, actor), 'ten');
    await snapshots.remove(1, actor, fresh.revision);
    assert.is(await snapshots.load(1, actor), undefined);
    const lower = await snapshots.save(1, headerOf(actor, 3), bodyOf('three'), 0);
    assert.is(lower.saved, true);
    assert.is(await loadText(1, actor), 'three');
  });

  test('a removed snapshot is gone from load and headers, and may be saved again', async () => {
    const { snapshots } = ports();
    const actor = uniqueActor();
    await snapshots.save(1, headerOf(actor, 5), bodyOf('five'));
    await snapshots.remove(1, actor);
    await snapshots.remove(1, actor);
    assert.is(await snapshots.load(1, actor), undefined);
    assert.equal(await snapshots.headers(1, actor.type), []);
    assert.is((await snapshots.save(1, headerOf(actor, 2), bodyOf('two'), 0)).saved, true);
    assert.is(await loadText(1, actor), 'two');
  });

  test('only a writer that knows of a mark takes it away', async () => {
    const { snapshots } = ports();
    const other = await broker().connect();
    const actor = uniqueActor();
    const early = await snapshots.save(1, headerOf(actor, 5), bodyOf('five'), 0);
    const parked = { code: 'version-missing', message: 'no host has "2"', from: 6 };
    const mark = await other.ports.snapshots.save(
      1,
      headerOf(actor, 5, { parked }),
      bodyOf('five'),
    );
    assert.is(mark.saved, true);
    for (const known of [early.revision, undefined, 0]) {
      const late = await snapshots.save(1, headerOf(actor, 7), bodyOf('seven'), known);
      assert.equal(late, { revision: mark.revision, saved: false, isParked: true });
    }
    const found = await snapshots.load(1, actor);
    assert.equal(found?.header.parked, parked);
    const again = await snapshots.save(1, headerOf(actor, 7), bodyOf('seven'), found?.revision);
    assert.is(again.saved, true);
    assert.is((await snapshots.load(1, actor))?.header.parked, undefined);
    await other.end();
  });

  test('changes of a type come in order, each actor at its last revision', async () => {
    const { snapshots } = ports();
    const [type, other] = [uniqueName('type'), uniqueName('type')];
    const [one, two, three] = [uniqueActor(type), uniqueActor(type), uniqueActor(type)];
    await snapshots.save(1, headerOf(one, 1), bodyOf('one at 1'));
    await snapshots.save(2, headerOf(two, 2), bodyOf('two at 2'));
    await snapshots.save(2, headerOf(uniqueActor(other), 3), bodyOf('another type'));
    await snapshots.save(1, headerOf(one, 4), bodyOf('one at 4'));
    await snapshots.save(3, headerOf(three, 5), new Uint8Array(2_600_000).fill(120));
    const all = await snapshots.changes(type, undefined, 10);
    assert.equal(
      all.snapshots.map(({ header, body }) => [header.id, textOf(body).slice(0, 8)]),
      [
        [two.id, 'two at 2'],
        [one.id, 'one at 4'],
        [three.id, 'xxxxxxxx'],
      ],
    );
    assert.equal([all.snapshots[2]?.body.length, all.hasMore], [2_600_000, false]);
    const none = await snapshots.changes(type, all.position, 10);
    assert.equal(none.snapshots, []);
    assert.equal(none.position, all.position);

    await snapshots.save(2, headerOf(two, 6), bodyOf('two at 6'));
    const more = await snapshots.changes(type, all.position, 10);
    assert.equal(more.snapshots[0]?.header, headerOf(two, 6));
    const page = await snapshots.changes(type, undefined, 2);
    assert.equal([page.snapshots.length, page.hasMore], [2, true]);
    const rest = await snapshots.changes(type, page.position, 2);
    assert.equal([rest.snapshots.length, rest.snapshots[0]?.header.id], [1, two.id]);
    await snapshots.remove(2, two);
    await snapshots.remove(2, two);
    const gone = await snapshots.changes(type, more.position, 10);
    assert.equal([gone.snapshots, gone.removed], [[], [two]]);
    assert.equal((await snapshots.changes(type, gone.position, 10)).removed, [], 'told once');
    await snapshots.save(2, headerOf(two, 6), bodyOf('two at 6'));
    const back = await snapshots.changes(type, gone.position, 10);
    assert.equal([back.snapshots[0]?.header.id, back.removed], [two.id, []]);
    const foreign = { bucket: 'of another time', revision: all.position.revision + 1_000 };
    assert.is((await snapshots.changes(type, foreign, 10)).snapshots.length, 3);
  });

  test('the mark of a takeover: none, saved, replaced by anybody, over', async () => {
    const other = await broker().connect();
    const service = uniqueName('service');
    const load = () => other.ports.snapshots.loadRecovery(service, 3);
    const { snapshots } = ports();
    const mark = { host: 'one', journal: '2026-01-01T00:00:00Z', attempt: 1 };
    assert.is(await load(), undefined);
    await snapshots.saveRecovery(service, 3, mark);
    assert.equal(await load(), mark);
    await other.ports.snapshots.saveRecovery(service, 3, { ...mark, host: 'two', sequence: 7 });
    await snapshots.saveRecovery(service, 4, mark);
    assert.equal(await load(), { ...mark, host: 'two', sequence: 7 });
    const listed = (await snapshots.headers(3)).map(({ type }) => type);
    assert.not.ok(listed.some((type) => type.includes('recovery') || type === service));
    await snapshots.saveRecovery(service, 3, undefined);
    assert.is(await load(), undefined);
    assert.equal(await snapshots.loadRecovery(service, 4), mark);
    await other.end();
  });

  return test;
};

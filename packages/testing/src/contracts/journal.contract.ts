// Contract of the port Journal: appending, reading, compare-and-set, dedupe, live feed.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { HEADER, PawlError, type BusMessage } from '@pawl/core';
import {
  bodyOf,
  contractSuite,
  rejectsWith,
  textOf,
  uniqueActor,
  uniqueName,
  type OpenBroker,
} from './contract-broker.ts';

/** The suite; end the test file with `test.run();`. */
export const journalContract = (name: string, open: OpenBroker): Test => {
  const { test, ports, broker } = contractSuite('journal', name, open);
  const body = bodyOf('{"type":"EXTEND"}');

  test('has one identity for all connections', async () => {
    const identity = await ports().journal.identity();
    assert.ok(identity.partitions >= 1);
    assert.ok(identity.created.length > 0);
    const other = await broker().connect();
    assert.equal(await other.ports.journal.identity(), identity);
    await other.end();
  });

  test('stores entries in order and gives them back as they were', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const first = await journal.append({
      ...actor,
      kindToken: 'create',
      body: bytes,
      headers: { [HEADER.by]: 'alice', [HEADER.class]: 'heavy' },
      messageId: uniqueName('message'),
    });
    const second = await journal.append({ ...actor, kindToken: 'reply-storage', body });
    assert.ok(second.sequence > first.sequence);
    assert.is(first.duplicate, false);
    const entries = await journal.read(actor);
    assert.equal(
      entries.map(({ type, id, sequence, kindToken }) => ({ type, id, sequence, kindToken })),
      [
        { ...actor, sequence: first.sequence, kindToken: 'create' },
        { ...actor, sequence: second.sequence, kindToken: 'reply-storage' },
      ],
    );
    const [created, replied] = entries;
    assert.equal([...(created?.body ?? [])], [...bytes]);
    assert.is(created?.headers[HEADER.by], 'alice');
    assert.is(created?.headers[HEADER.class], 'heavy');
    assert.ok(Number.isFinite(created?.time));
    assert.ok((replied?.time ?? 0) >= (created?.time ?? Infinity));
  });

  test('tells the last entry of one kind', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    assert.is(await journal.last(actor, 'create'), undefined);
    const created = await journal.append({ ...actor, kindToken: 'create', body });
    await journal.append({ ...actor, kindToken: 'event', body });
    const last = await journal.last(actor, 'create');
    assert.is(last?.sequence, created.sequence);
    assert.is(last?.kindToken, 'create');
    assert.is(textOf(last?.body ?? new Uint8Array()), '{"type":"EXTEND"}');
  });

  test('keeps the message id as a header of the stored entry', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const messageId = uniqueName('message');
    const { sequence } = await journal.append({ ...actor, kindToken: 'event', body, messageId });
    assert.is((await journal.get(sequence))?.headers[HEADER.messageId], messageId);
  });

  test('reads one actor only, by range and limit', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const neighbours = [
      { type: actor.type, id: `${actor.id}0` },
      { type: `${actor.type}x`, id: actor.id },
    ];
    const sequences: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      sequences.push((await journal.append({ ...actor, kindToken: 'event', body })).sequence);
      for (const other of neighbours) await journal.append({ ...other, kindToken: 'event', body });
    }
    const read = async (range?: Parameters<typeof journal.read>[1]): Promise<number[]> =>
      (await journal.read(actor, range)).map(({ sequence }) => sequence);
    const [, second = 0, , fourth = 0] = sequences;
    assert.equal(await read(), sequences);
    assert.equal(await read({ from: second }), sequences.slice(1));
    assert.equal(await read({ upTo: fourth }), sequences.slice(0, 4));
    assert.equal(await read({ from: second + 1, upTo: fourth - 1 }), sequences.slice(2, 3));
    assert.equal(await read({ from: second, limit: 2 }), sequences.slice(1, 3));
    assert.equal(await journal.read(uniqueActor()), []);
  });

  test('knows the head of an actor and the entry at a sequence', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    assert.is(await journal.head(actor), 0);
    await journal.append({ ...actor, kindToken: 'create', body });
    const last = await journal.append({ ...actor, kindToken: 'event', body: bodyOf('last') });
    assert.is(await journal.head(actor), last.sequence);
    const entry = await journal.get(last.sequence);
    assert.is(entry?.id, actor.id);
    assert.is(entry?.kindToken, 'event');
    assert.is(textOf(entry?.body ?? bodyOf('')), 'last');
    assert.is(await journal.get(last.sequence + 1_000_000), undefined);
  });

  test('what is acknowledged can be read at once, through any connection', async () => {
    const other = await broker().connect();
    const actor = uniqueActor();
    for (let index = 0; index < 20; index += 1) {
      const { sequence } = await ports().journal.append({ ...actor, kindToken: 'event', body });
      assert.is(await other.ports.journal.head(actor), sequence);
      assert.is((await other.ports.journal.read(actor)).length, index + 1);
    }
    await other.end();
  });

  test('expected sequence 0: the first entry of its kind, whatever else there is', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    await journal.append({ ...actor, kindToken: 'event', body });
    const create = { ...actor, kindToken: 'create', body, expectedLastSequence: 0 };
    const { sequence } = await journal.append(create);
    await rejectsWith(journal.append(create), 'sequence-conflict');
    assert.is(await journal.head(actor), sequence);
  });

  test('an expected sequence is that of the last entry of this kind', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const first = await journal.append({ ...actor, kindToken: 'create', body });
    await journal.append({ ...actor, kindToken: 'event', body });
    const append = (expectedLastSequence: number): ReturnType<typeof journal.append> =>
      journal.append({ ...actor, kindToken: 'create', body, expectedLastSequence });
    const second = await append(first.sequence);
    await rejectsWith(append(first.sequence), 'sequence-conflict');
    await rejectsWith(append(second.sequence + 1), 'sequence-conflict');
    await append(second.sequence);
  });

  test('of many who race with expected sequence 0, one wins', async () => {
    const other = await broker().connect();
    const actor = uniqueActor();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? ports() : other.ports).journal.append({
          ...actor,
          kindToken: 'create',
          body,
          expectedLastSequence: 0,
        }),
      ),
    );
    assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected') {
        assert.instance(result.reason, PawlError);
        assert.is((result.reason as PawlError).code, 'sequence-conflict');
      }
    assert.is((await ports().journal.read(actor)).length, 1);
    await other.end();
  });

  test('a message id is stored once; the repeat is told the first sequence', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const messageId = uniqueName('message');
    const first = await journal.append({ ...actor, kindToken: 'event', body, messageId });
    const again = await journal.append({ ...actor, kindToken: 'event', body, messageId });
    assert.equal(again, { sequence: first.sequence, duplicate: true });
    // Ids are the stream's, not the actor's: who is told `duplicate` must look whose it is.
    const foreign = await journal.append({ ...uniqueActor(), kindToken: 'event', body, messageId });
    assert.equal(foreign, { sequence: first.sequence, duplicate: true });
    assert.is((await journal.read(actor)).length, 1);
  });

  test('a repeated create with id and expected sequence is stored once', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const messageId = uniqueName('message');
    const create = { ...actor, kindToken: 'create', body, messageId, expectedLastSequence: 0 };
    const { sequence } = await journal.append(create);
    // One server says conflict, three say duplicate: both mean that it is there.
    const again = await journal.append(create).catch((error: unknown) => error);
    if (again instanceof PawlError) assert.is(again.code, 'sequence-conflict');
    else assert.equal(again, { sequence, duplicate: true });
    const entries = await journal.read(actor);
    assert.is(entries.length, 1);
    assert.is(entries[0]?.headers[HEADER.messageId], messageId);
  });

  test('refuses what is larger than the payload limit, and stores nothing', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const large = new Uint8Array(1_048_577);
    await rejectsWith(
      journal.append({ ...actor, kindToken: 'event', body: large }),
      'payload-too-large',
    );
    assert.is(await journal.head(actor), 0);
    await journal.append({ ...actor, kindToken: 'event', body: large.subarray(0, 1_000_000) });
    assert.is((await journal.read(actor))[0]?.body.length, 1_000_000);
  });

  test('nobody can pretend to be the timer stream', async () => {
    const { journal } = ports();
    const actor = uniqueActor();
    const forged = journal.append({
      ...actor,
      kindToken: 'timer',
      body,
      headers: { [HEADER.streamSource]: 'PAWL_TIMERS 1 > > x' },
    });
    await forged.catch((error: unknown) => assert.instance(error, PawlError));
    const forgedHeaders = (await journal.read(actor)).map(({ headers }) => headers);
    assert.not.ok(forgedHeaders.some((headers) => HEADER.streamSource in headers));
  });

  test('entries appear on the live feed after they are stored', async () => {
    const { journal, bus, subjects } = ports();
    const actor = uniqueActor();
    const seen: BusMessage[] = [];
    const subscription = bus.subscribe(subjects.live(actor, '*'), (message) => seen.push(message));
    await bus.flush();
    const { sequence } = await journal.append({ ...actor, kindToken: 'event', body });
    await broker().waitFor(() => seen.length === 1);
    assert.is(seen[0]?.subject, subjects.live(actor, 'event'));
    assert.is(seen[0]?.headers['Nats-Sequence'], String(sequence));
    assert.is(textOf(seen[0]?.body ?? bodyOf('')), textOf(body));
    subscription.stop();
  });

  test('a plain publish on the subject of an entry is an entry', async () => {
    const { journal, bus, subjects } = ports();
    const actor = uniqueActor();
    bus.publish(subjects.entry('event', actor), body, { [HEADER.by]: 'bob' });
    await broker().waitFor(async () => (await journal.head(actor)) > 0);
    const [entry] = await journal.read(actor);
    assert.is(entry?.kindToken, 'event');
    assert.is(entry?.headers[HEADER.by], 'bob');
  });

  return test;
};

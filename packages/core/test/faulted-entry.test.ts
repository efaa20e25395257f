// Entries that end hosts: a word of a host faults the actor at them, and none is folded again.
import {
  encodeBody,
  faultedBy,
  faultedEntries,
  foldFaulted,
  replayJournal,
  type Entry,
  type StoredEntry,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVolumeMachine } from './order-world.ts';

const test = suite('faulted entries');

const machine = createVolumeMachine('1', true);
const error = { code: 'host-crashed', message: 'Entry 2 ended three hosts.' };
const time = 1_767_225_600_000;

const stored = (sequence: number, kindToken: string, body: object): StoredEntry => ({
  type: 'volume',
  id: 'v-1',
  sequence,
  time: time + sequence,
  kindToken,
  headers: kindToken === 'create' || kindToken === 'child' ? { 'Pawl-Version': '1' } : {},
  body: encodeBody(body),
});

const replayed = (...entries: StoredEntry[]) =>
  [...replayJournal(() => machine, entries)].map(({ step }) => step);

const create = stored(1, 'create', { input: { name: 'data' } });
const extend = stored(2, 'event', { type: 'NOTE' });
const word = (sequence: number, about: number) =>
  stored(sequence, 'host', { type: 'faulted', sequence: about, error });

const entryOf = ({ kindToken, ...rest }: StoredEntry, body: object): Entry => ({
  ...rest,
  kind: kindToken as Entry['kind'],
  body: body as Entry['body'],
});

test('only what stands before the word is meant, and the first word counts', () => {
  const about = (sequence: number, at: number, message: string): Entry =>
    entryOf(word(at, sequence), { type: 'faulted', sequence, error: { code: 'x', message } });
  assert.is(faultedBy(about(7, 7, 'itself')), undefined);
  assert.is(faultedBy(about(8, 7, 'later')), undefined);
  assert.is(faultedBy(entryOf(extend, { type: 'NOTE' })), undefined);
  const words = faultedEntries([about(2, 5, 'first'), about(2, 6, 'second'), about(3, 6, 'other')]);
  assert.equal(
    [...words].map(
      ([
        sequence,
        {
          error: { message },
        },
      ]) => [sequence, message],
    ),
    [
      [2, 'first'],
      [3, 'other'],
    ],
  );
});

test('a replay faults the actor at the entry, whatever the machine makes of it', () => {
  const steps = replayed(create, extend, word(3, 2));
  assert.equal(
    steps.map(({ outcome }) => outcome.kind),
    ['applied', 'faulted', 'ignored'],
  );
  const { state } = steps.at(-1) ?? {};
  assert.is(state?.status, 'faulted');
  assert.equal(state?.fault, { sequence: 2, time: time + 2, error });
  assert.is(state?.snapshot.value, 'creating');
  assert.is(replayed(create, extend).at(-1)?.state?.status, 'active', 'without the word');
});

test('a create: faulted at birth, and its parent is told', () => {
  const parent = { type: 'cloud', id: 'c-1', path: 'volume', generation: '1-0-aaaaaaaa' };
  const born = stored(1, 'child', { input: { name: 'data' }, parent });
  const [birth, after] = replayed(born, word(2, 1));
  assert.is(birth?.outcome.kind, 'faulted');
  assert.is(birth?.state?.snapshot.status, 'error');
  const [told] = birth?.effects ?? [];
  assert.ok(told?.kind === 'peer' && told.event.type === 'pawl.child-failed');
  assert.is(after?.state?.fault?.sequence, 1);
});

test('after a retry the entry stays passed over; a mended machine folds it', () => {
  const retried = replayed(
    create,
    extend,
    word(3, 2),
    stored(4, 'admin', { type: 'retry', by: 'o' }),
  );
  assert.is(retried.at(-1)?.state?.status, 'active');
  const order = stored(4, 'admin', { type: 'fold-again', version: '1', by: 'o' });
  const folded = replayed(create, extend, word(3, 2), order);
  assert.is(folded.at(-1)?.outcome.kind, 'applied');
  assert.is(folded.at(-1)?.state?.fault, undefined);
});

test('an order can be such an entry, too: it is not carried out', () => {
  const order = stored(2, 'admin', { type: 'fold-again', version: '1', by: 'o' });
  const steps = replayed(create, order, word(3, 2));
  assert.is(steps[1]?.outcome.kind, 'faulted');
  assert.is(steps[1]?.state?.epoch, 0);
});

test('nothing of an actor that is not there or has ended is faulted', () => {
  const entry = entryOf(extend, { type: 'NOTE' });
  assert.is(foldFaulted(machine, undefined, entry, { saidAt: 3, error }).outcome.kind, 'refused');
  const { state } = replayed(create).at(-1) ?? {};
  assert.ok(state);
  const step = foldFaulted(machine, { ...state, status: 'done' }, entry, { saidAt: 3, error });
  assert.is(step.outcome.kind, 'ignored');
  assert.is(step.state?.status, 'done');
});

test('the parent is told under the sequence of the word: the entry may have told it something', () => {
  const parent = { type: 'order', id: 'o-1', path: 'child', generation: '1-0-a' };
  const born = stored(1, 'child', { input: { name: 'data' }, parent });
  const steps = replayed(born, extend, word(5, 2));
  const told = steps.flatMap(({ effects }) => effects.filter(({ kind }) => kind === 'peer'));
  assert.is(told.length, 1);
  assert.is(told[0]?.kind === 'peer' && told[0].sequence, 5);
});

test.run();

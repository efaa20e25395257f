// The rule of recovery marks: when entries are named, and which one is not folded any more.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  attemptAt,
  ENDED_MAX,
  planRecovery,
  SHORT_BACKLOG,
  withoutOwn,
  type Backlog,
} from '../src/partition/recovery-rule.ts';

const test = suite('recovery rule');

const journal = '2026-01-01T00:00:00Z';
const short: Backlog = { first: 10, size: SHORT_BACKLOG, journal };
const long: Backlog = { ...short, size: SHORT_BACKLOG + 1 };
const mark = { host: 'one', journal, attempt: 1 };

test('a first takeover names entries of a short backlog only', () => {
  assert.equal(planRecovery(undefined, short), { isSingle: true, attempt: 1 });
  assert.equal(planRecovery(undefined, long), { isSingle: false, attempt: 1 });
});

test('after an unfinished takeover each entry is named', () => {
  assert.equal(planRecovery(mark, long), { isSingle: true, attempt: 2 });
  const plan = planRecovery({ ...mark, sequence: 12 }, long);
  assert.equal(plan, { isSingle: true, attempt: 2, suspect: { sequence: 12, ended: 1 } });
  assert.is(attemptAt(plan, 12), 2);
  assert.is(attemptAt(plan, 11), 1, 'another entry begins anew');
});

test('after three tries an entry is not folded any more: it faults its actor', () => {
  assert.is(
    planRecovery({ ...mark, sequence: 12, attempt: ENDED_MAX - 1 }, short).culprit,
    undefined,
  );
  const plan = planRecovery({ ...mark, sequence: 12, attempt: ENDED_MAX }, short);
  assert.is(plan.culprit, 12);
  assert.ok(plan.isSingle, 'there may be another one');
  assert.is(attemptAt(plan, 12), 1);
});

test('an entry that has been brought to its end since is no culprit', () => {
  const plan = planRecovery({ ...mark, sequence: 9, attempt: ENDED_MAX }, short);
  assert.equal(plan, { isSingle: true, attempt: 1 });
});

test('a mark of another journal says nothing', () => {
  const other = { ...mark, sequence: 12, attempt: ENDED_MAX, journal: '2025-01-01T00:00:00Z' };
  assert.equal(planRecovery(other, long), { isSingle: false, attempt: 1 });
});

test('a process that finds its own mark lives: it does not count against the entry', () => {
  const own = { ...mark, sequence: 12, attempt: 2 };
  assert.equal(withoutOwn({ ...own }, own), { ...own, attempt: 1 });
  assert.is(withoutOwn({ ...own, attempt: 1 }, { ...own, attempt: 1 }), undefined);
  assert.equal(withoutOwn(own, undefined), own, 'a new process of the same name has not lived');
  assert.equal(withoutOwn({ ...own, host: 'two' }, own), { ...own, host: 'two' });
  assert.equal(withoutOwn({ ...own, sequence: 13 }, own), { ...own, sequence: 13 });
});

test.run();

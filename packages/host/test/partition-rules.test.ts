// Pure rules of a partition: looks at its consumer, what the sweep looks at, lists.
import type { ActorState, ActorSummary, ConsumerStatus, SnapshotHeader } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeLook, type LookPosition, type LookVerdict } from '../src/partition/consumer-look.ts';
import { DueActors, nextLookAt, OVERDUE_AFTER_MS } from '../src/partition/due-actors.ts';
import { hasState, pageOf, SummaryIndex } from '../src/partition/summary-index.ts';

const test = suite('partition rules');

const look = (
  isHeld: boolean,
  status: Partial<ConsumerStatus>,
  more: Partial<LookPosition> = {},
): LookPosition => ({
  isHeld,
  unacked: 0,
  deliveries: 5,
  status: { isPinned: true, isPinnedHere: isHeld, ackPending: 0, waiting: 0, ...status },
  ...more,
});

const verdict = (now: LookPosition, before?: LookPosition): LookVerdict => judgeLook(now, before);

test('nobody has the partition and entries wait: a RESET brings them here', () => {
  const gone = { isPinned: false, isPinnedHere: false, ackPending: 3 };
  assert.is(verdict(look(false, gone)), 'reset');
  assert.is(verdict(look(true, gone)), 'reset');
});

test('who has a partition', () => {
  assert.is(verdict(look(false, { isPinned: true, ackPending: 3 })), 'elsewhere');
  assert.is(verdict(look(false, { isPinned: false })), 'idle');
  assert.is(verdict(look(false, { isPinnedHere: true })), 'idle', 'pinned, and nothing came');
  assert.is(verdict(look(true, { isPinned: true })), 'fine');
  assert.is(verdict(look(true, { isPinnedHere: false })), 'elsewhere', 'nobody has said so');
  const lapsed = { isPinned: false, isPinnedHere: false };
  assert.is(verdict(look(true, lapsed)), 'idle', 'another host may have come and gone');
});

test('a host that is pinned and never got its deliveries resets as well', () => {
  const lost = look(false, { isPinnedHere: true, ackPending: 2 });
  assert.is(verdict(lost), 'fine');
  assert.is(verdict(lost, lost), 'reset');
});

test('a holder resets for what it never got, or acknowledged in vain, at the second look', () => {
  const lost = look(true, { ackPending: 2 });
  assert.is(verdict(lost), 'fine');
  assert.is(verdict(lost, lost), 'reset');
  assert.is(verdict(look(true, { ackPending: 2 }, { unacked: 2 }), lost), 'fine');
  assert.is(verdict(lost, look(true, { ackPending: 2 }, { deliveries: 4 })), 'fine');
  assert.is(verdict(lost, look(true, { ackPending: 2 }, { unacked: 1 })), 'fine');
  assert.is(verdict(lost, look(true, { ackPending: 0 })), 'fine');
  assert.is(verdict(lost, look(false, { ackPending: 2 })), 'fine');
});

const waiting = (
  timers: readonly number[],
  deadlines: readonly [number, string?][],
  status: ActorState['status'] = 'active',
): ActorState =>
  ({
    type: 'order',
    id: 'o-1',
    status,
    pending: {
      timers: Object.fromEntries(timers.map((dueAt, n) => [`t${n}`, { dueAt }])),
      commands: Object.fromEntries(
        deadlines.map(([deadlineAt, of = 'running'], n) => [`c${n}`, { deadlineAt, status: of }]),
      ),
      children: {},
    },
  }) as unknown as ActorState;

test('the sweep looks at deadlines at once, at timers when they are overdue', () => {
  assert.is(nextLookAt(waiting([], [])), undefined);
  assert.is(nextLookAt(waiting([1000], [])), 1000 + OVERDUE_AFTER_MS);
  assert.is(nextLookAt(waiting([1000], [[5000]])), 5000);
  assert.is(nextLookAt(waiting([], [[5000], [4000, 'backoff']])), 4000);
  assert.is(nextLookAt(waiting([], [[4000, 'cancelled']])), undefined);
  assert.is(nextLookAt(waiting([1000], [[5000]], 'faulted')), undefined);
});

test('an actor is told once, and again when it is noted again', () => {
  const due = new DueActors();
  due.note(waiting([], [[5000]]));
  assert.equal(due.takeDue(4999), []);
  assert.equal(due.takeDue(5000), ['order/o-1']);
  assert.equal(due.takeDue(9000), []);
  due.noteAgain(waiting([], [[5000]]), 70_000);
  assert.equal(due.takeDue(69_999), [], 'what is still overdue is looked at a minute later');
  assert.equal(due.takeDue(70_000), ['order/o-1']);
  due.add('order/o-1', 1);
  due.note(waiting([], []));
  assert.equal(due.takeDue(9e9), [], 'it waits for nothing any more');
});

const summary = (id: string, value: unknown, sequence: number, tags: string[] = []): ActorSummary =>
  ({ type: 'order', id, value, sequence, tags, status: 'active', since: 0, version: '1' }) as const;

test('a state name is the value, a branch, or a path', () => {
  assert.ok(hasState('ok', 'ok'));
  assert.ok(hasState({ alive: { net: 'up', disk: 'ok' } }, 'ok'));
  assert.ok(hasState({ alive: { net: 'up', disk: 'ok' } }, 'alive.disk.ok'));
  assert.ok(hasState({ alive: 'ok' }, 'alive'));
  assert.not.ok(hasState({ alive: { net: 'up' } }, 'alive.ok'));
  assert.not.ok(hasState(null, 'ok'));
});

test('pages go by id, filter, and say where to go on', () => {
  const all = ['c', 'a', 'b', 'd'].map((id) =>
    summary(id, id === 'd' ? 'off' : 'ok', 1, id === 'a' ? ['x'] : []),
  );
  const idsOf = (question: Parameters<typeof pageOf>[1]): [string[], string | undefined] => {
    const reply = pageOf(all, question);
    if ('error' in reply) throw new Error(reply.error.message);
    return [reply.actors.map(({ id }) => id), reply.next];
  };
  assert.equal(idsOf({}), [['a', 'b', 'c', 'd'], undefined]);
  assert.equal(idsOf({ limit: 2 }), [['a', 'b'], 'b']);
  assert.equal(idsOf({ limit: 2, after: 'b' }), [['c', 'd'], undefined]);
  assert.equal(idsOf({ state: 'ok', limit: 2, after: 'a' }), [['b', 'c'], undefined]);
  assert.equal(idsOf({ tag: 'x' }), [['a'], undefined]);
});

const header = (
  id: string,
  sequence: number,
  more: Partial<SnapshotHeader> = {},
): SnapshotHeader => ({
  type: 'order',
  id,
  sequence,
  entryTime: 0,
  journal: 'here',
  version: '1',
  digest: 'd',
  status: 'active',
  value: '"ok"',
  tags: [],
  since: 0,
  ...more,
});

test('headers fill the index, but not over what steps have said, nor from another journal', () => {
  const index = new SummaryIndex('here');
  index.set(summary('a', 'new', 9));
  index.fill([
    header('a', 5),
    header('b', 5, { parked: { code: 'version-missing', message: '', from: 6 } }),
    header('c', 5, { journal: 'elsewhere' }),
  ]);
  const reply = index.page('order', {});
  if ('error' in reply) throw new Error(reply.error.message);
  assert.equal(
    reply.actors.map(({ id, value, parked }) => [id, value, parked]),
    [
      ['a', 'new', undefined],
      ['b', 'ok', 'version-missing'],
    ],
  );
  index.park({ type: 'order', id: 'a' }, 'payload-too-large');
  const parked = index.page('order', {});
  assert.ok('actors' in parked && parked.actors[0]?.parked === 'payload-too-large');
  index.set(summary('a', 'newer', 10));
  const freed = index.page('order', {});
  assert.ok('actors' in freed && freed.actors[0]?.parked === undefined);
});

test.run();

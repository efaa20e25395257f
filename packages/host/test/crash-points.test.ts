// Each point of a step at which a host can die: a second one takes over, nothing is lost or
// doubled.
import type { Crossing, CrossingKind } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld } from './world/host-world.ts';

const test = suite('crash points');

const order = { type: 'order', id: 'o-1' };
const ledger = { type: 'ledger', id: 'total' };
const PINGS = 4;

type Direction = Crossing['direction'];
type Point = readonly [name: string, kind: CrossingKind, direction: Direction, isAfter?: boolean];

/** In the order of a step: before the fold … after the acknowledgement. */
const POINTS: readonly Point[] = [
  ['before the fold', 'delivery', 'to-client'],
  ['after the fold, before its effects', 'append', 'to-broker'],
  ['a peer event is stored, the host does not know', 'append', 'to-client'],
  ['a peer event is stored, the emit is not', 'emit', 'to-broker'],
  ['the command is not stored', 'command', 'to-broker'],
  ['the command is stored, the host does not know', 'command', 'to-client'],
  ['the timer is not armed', 'arm', 'to-broker'],
  ['the timer is armed, the host does not know', 'arm', 'to-client'],
  ['effects stored, no snapshot', 'save', 'to-broker'],
  ['snapshot stored, the host does not know', 'save', 'to-client'],
  ['snapshot stored, no acknowledgement', 'ack', 'to-broker'],
  ['after an acknowledgement', 'ack', 'to-broker', true],
];

// Snapshots are coalesced: there are but two, one for each actor.
const timesOf = (kind: CrossingKind): number[] => (kind === 'save' ? [1, 2] : [1, 2, 3]);

for (const [name, kind, direction, isAfter = false] of POINTS)
  for (const nth of timesOf(kind))
    test(`${name} (${kind} ${direction} ${nth})`, async () => {
      const world = new HostWorld();
      await world.start('one');
      await world.create(ledger);
      await world.create(order, { ledger: ledger.id });
      await world.untilQuiet();
      await world.start('two');
      let isDead = false;
      world.killAt(
        'one',
        (crossing) => crossing.kind === kind && crossing.direction === direction,
        {
          nth,
          isAfter,
        },
      );
      world.hosts.get('one')?.ports.bus.onConnection((state) => (isDead ||= state === 'closed'));
      for (let sent = 0; sent < PINGS; sent += 1) await world.send(order, { type: 'PING' });
      await world.until(() => isDead, `the host dies at ${kind}`);
      await world.until(() => world.hosts.get('two')?.host.held()['shop']?.length === 1);
      await world.untilQuiet();
      world.checkAgreement();
      const { context } = world.folded(ledger)?.snapshot ?? {};
      assert.equal(context, { sum: PINGS, heard: PINGS }, 'each peer event is heard once');
      const state = world.folded(order);
      assert.is(state?.snapshot.context['pings'], PINGS);
      const emitted = new Set(world.broker.emitted().map(({ id }) => id));
      assert.is(emitted.size, PINGS, 'each event is emitted, repeats have the same id');
      // Commands of states that were left again need not be out; the one that is waited for must.
      const open = Object.values(state?.pending.commands ?? {}).filter(
        ({ status }) => status === 'running',
      );
      assert.is(open.length, 1);
      const out = world.broker
        .commands()
        .filter(({ subject }) => subject.generation === open[0]?.generation);
      assert.is(out.length, 1, 'the command that is waited for is out, once');
      const timers = Object.values(state?.pending.timers ?? {}).map(({ generation }) => generation);
      assert.is(timers.length, 1);
      const armed = world.broker.timers().map(({ generation }) => generation);
      assert.ok(timers.every((generation) => armed.includes(generation)));
    });

test.run();

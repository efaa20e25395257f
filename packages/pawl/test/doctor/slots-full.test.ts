// The doctor tells of tasks that hold all slots of a class while commands wait for one.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Facts } from '../../src/doctor/facts.ts';
import { findingsOf } from '../../src/doctor/examine.ts';
import type { CommandFlow } from '../../src/installation/flow-report.ts';

const test = suite('doctor, slots');

const NOW = Date.UTC(2026, 0, 1);

const factsOf = (flow: Partial<CommandFlow>): Facts => {
  const row: CommandFlow = {
    class: 'background',
    service: 'disks',
    depth: 31,
    oldestAt: NOW - 120_000,
    inFlight: 10,
    waitingPulls: 0,
    slots: 10,
    busy: 10,
    redelivered: 0,
    consumers: 1,
    ...flow,
  };
  const nobody = { hosts: [], workers: [] };
  const facts = { now: NOW, machines: [], tasks: [], streams: [], heartbeats: nobody };
  return { ...facts, flow: { commands: [row], partitions: [], stores: [] } } as unknown as Facts;
};

const told = (flow: Partial<CommandFlow>): string[] =>
  findingsOf(factsOf(flow), 600_000)
    .filter(({ code }) => code === 'slots-full')
    .map(({ message }) => message);

test('all slots are taken, and commands wait for them since more than a minute', () => {
  assert.equal(told({}), [
    'all 10 background slots of disks are taken, and 21 commands wait; the oldest came 2 min ago',
  ]);
});

test('nothing is told while a slot is free, nobody waits, or it is a matter of seconds', () => {
  for (const flow of [{ busy: 9 }, { depth: 10 }, { oldestAt: NOW - 5_000 }, { slots: 0, busy: 0 }])
    assert.equal(told(flow), [], JSON.stringify(flow));
});

test.run();

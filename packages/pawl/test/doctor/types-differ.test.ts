// The doctor compares the types of the hosts of one service.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Facts } from '../../src/doctor/facts.ts';
import { findingsOf } from '../../src/doctor/examine.ts';

const test = suite('doctor, types differ');

const NOW = Date.UTC(2026, 0, 1);

/** Hosts, each with `<service>: <types>`. */
const told = (hosts: Readonly<Record<string, string>>): string[] => {
  const beats = Object.entries(hosts).map(([host, text]) => {
    const [service = '', types = ''] = text.split(': ');
    const machines = Object.fromEntries(types.split(' ').map((type) => [type, ['1']]));
    return { at: NOW, body: { service, host, startedAt: 1, partitions: [], machines, time: NOW } };
  });
  const facts = { now: NOW, machines: [], tasks: [], streams: [] };
  const heartbeats = { hosts: beats, workers: [] };
  const flow = { commands: [], partitions: [], stores: [] };
  return findingsOf({ ...facts, heartbeats, flow } as unknown as Facts, 600_000)
    .filter(({ code }) => code === 'types-differ')
    .map(({ level, message }) => `${level} ${message}`);
};

test('a host that lacks types of another stands by: advice', () => {
  assert.equal(told({ one: 'shop: cart order', two: 'shop: cart', box: 'attic: box' }), [
    'advice hosts of shop have different types (two lacks order): they stand by while another has all',
  ]);
});

test('when each lacks a type, entries wait: broken', () => {
  assert.equal(told({ one: 'shop: order', two: 'shop: cart' }), [
    'broken hosts of shop have different types (one lacks cart; two lacks order): ' +
      'entries of a type wait at the host that lacks it',
  ]);
});

test('nothing is told of hosts with the same types, or of different services', () => {
  assert.equal(told({ one: 'shop: cart', two: 'shop: cart', box: 'attic: box' }), []);
});

test.run();

// A host that takes a partition while another one is still visiting its actors.
import type { Snapshots, Visits } from '@pawl/core';
import { startHost } from '@pawl/host';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('visit');

const resting = { type: 'order', id: 'resting' };
const woken = { type: 'ledger', id: 'woken' };
const STREAMS = 'made anew';

test('what the other host saves on its visit is in the lists of this one', async () => {
  const world = new HostWorld();
  const { host: other } = await world.start('other');
  await world.create(woken);
  await world.create(resting, { ledger: woken.id });
  await world.untilQuiet();
  await world.within(other.stop());

  const ports = world.broker.ports('late');
  let visitedFor: string | undefined;
  const visits: Visits = {
    ...ports.visits,
    identity: () => Promise.resolve(STREAMS),
    load: () => Promise.resolve(visitedFor),
  };
  // The other host's visit has saved nothing when the snapshots are read, and then all of it.
  const { snapshots } = ports;
  const headers: Snapshots['headers'] = (partition, type) => {
    if (visitedFor !== undefined) return snapshots.headers(partition, type);
    if (type === 'parent') visitedFor = STREAMS; // The last type that is read.
    return Promise.resolve([]);
  };
  const late = new Proxy(snapshots, {
    get: (target, name) => {
      if (name === 'headers') return headers;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  // The partition becomes this host's with a delivery: only a holder reads the snapshots once.
  await world.send(woken, { type: 'PING' });
  await world.within(
    startHost({
      ports: { ...ports, visits, snapshots: late },
      service: 'shop',
      machines: MACHINES,
      name: 'late',
      clock: world.clock,
      builtIns: false,
    }),
  );
  await world.untilQuiet();
  const list = await world.list('order');
  assert.ok('actors' in list);
  assert.equal(
    list.actors.map(({ id }) => id),
    [resting.id],
  );
});

test.run();

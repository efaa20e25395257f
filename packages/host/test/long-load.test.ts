// Loading an actor with a long journal: linear in its entries, and others get their turns.
import {
  encodeBody,
  fold,
  HEADER,
  silentLog,
  type Fold,
  type Journal,
  type Ports,
  type Snapshots,
  type StoredEntry,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadActor } from '../src/actor/load-actor.ts';
import { MachineCatalog } from '../src/machine-catalog.ts';
import { ledgerMachine } from './world/machines.ts';

const test = suite('long load');

const ledger = { type: 'ledger', id: 'total' };
const ENTRIES = 40_000;

const journalOf = (count: number): readonly StoredEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    ...ledger,
    sequence: index + 1,
    time: 1_000 + index,
    kindToken: index === 0 ? 'create' : 'event',
    headers: index === 0 ? { [HEADER.version]: '1' } : {},
    body: encodeBody(index === 0 ? {} : { type: 'ADD', by: 1 }),
  }));

const load = (entries: readonly StoredEntry[], foldOf: Fold): ReturnType<typeof loadActor> => {
  const journal: Pick<Journal, 'read'> = { read: () => Promise.resolve([...entries]) };
  const snapshots: Pick<Snapshots, 'load'> = { load: () => Promise.resolve(undefined) };
  return loadActor(
    {
      ports: { journal, snapshots } as unknown as Ports,
      catalog: new MachineCatalog({ ledger: ledgerMachine }),
      identity: { created: 'then', partitions: 1 },
      log: silentLog,
      fold: foldOf,
    },
    0,
    ledger,
  );
};

test('others get a turn between the entries of a long journal, and none is looked at twice', async () => {
  let folded = 0;
  let atLastTurn = 0;
  let longest = 0;
  let isLoading = true;
  const watch = (): void => {
    longest = Math.max(longest, folded - atLastTurn);
    atLastTurn = folded;
    if (isLoading) setImmediate(watch);
  };
  setImmediate(watch);
  const startedAt = performance.now();
  const loaded = await load(journalOf(ENTRIES), (machine, state, entry) => {
    folded += 1;
    return fold(machine, state, entry);
  });
  isLoading = false;
  assert.is(loaded.state?.snapshot.context['sum'], ENTRIES - 1);
  longest = Math.max(longest, folded - atLastTurn);
  assert.ok(longest <= 500, `${longest} entries were folded in one turn`);
  // In the square of the entries it would take minutes.
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 15_000, `${tookMs} ms`);
});

test.run();

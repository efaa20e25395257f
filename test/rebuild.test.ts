// `pawl rebuild`: streams deleted under load, and a journal restored elsewhere: all actors end ok,
// and nothing is done twice.
import { setTimeout } from 'node:timers/promises';
import { startNatsServer } from '@pawl/nats-server';
import { openInspector, rebuild, topologyNames } from '@pawl/jetstream';
import { portsOf, type Connection } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from './fault/until.ts';
import { openBackend, type Ledger } from './rebuild/lease.ts';
import {
  countStates,
  createLeases,
  openLeasing,
  publishCreates,
  type Leasing,
} from './rebuild/leasing.ts';
import { backUp, restore } from './rebuild/stream-backup.ts';

const test = suite('rebuild');
const LEASES = 500;
/** Long enough for every part to meet the missing streams and to try again. */
const OUTAGE_MS = 3_000;
const names = topologyNames();

const DERIVED = [
  names.timers,
  ...['regular', 'heavy', 'background'].map((queueClass) => names.commands(queueClass)),
  `KV_${names.snapshots}`,
  `KV_${names.registry}`,
];

const closings: (() => Promise<void>)[] = [];

const closeAll = async (): Promise<void> => {
  for (const close of closings.splice(0).toReversed()) await close();
};

/** Opens an installation on a server of its own. */
const open = async (topology: { readonly partitions: number } | false): Promise<Leasing> => {
  const server = await startNatsServer();
  closings.push(() => server.stop());
  const leasing = await openLeasing(server, topology);
  closings.push(() => leasing.close());
  return leasing;
};

test.after.each(closeAll);

const deleteStreams = async ({ nats }: Connection, streams: readonly string[]): Promise<void> => {
  for (const stream of streams) {
    const answer = (await nats.request(`$JS.API.STREAM.DELETE.${stream}`)).json<{
      readonly success?: boolean;
    }>();
    assert.is(answer.success, true, stream);
  }
};

/** Are some leases in each stage, so that there is something to lose in every stream? */
const untilSpread = (client: Leasing['client']): Promise<void> =>
  until('leases in every stage', 30_000, async () => {
    const counts = await countStates(client);
    return ['making', 'resting', 'ok'].every((state) => (counts[state] ?? 0) >= 20);
  });

/** Says of each lease that is not listed as ok what a question about it is answered. */
const tellMissing = async (client: Leasing['client']): Promise<void> => {
  const listed = new Map<string, unknown>();
  for await (const { id, value } of client.list('lease')) listed.set(id, value);
  for (let number = 0; number < LEASES; number += 1) {
    const id = `lease-${number}`;
    if (listed.get(id) === 'ok') continue;
    const found = await client.actor('lease', id).load().catch(String);
    const history = await client.actor('lease', id).history().catch(String);
    console.log(id, 'listed', listed.get(id), 'is', found, history);
  }
};

const untilAllOk = async ({ client, complaints }: Leasing): Promise<void> => {
  let counts: Readonly<Record<string, number>> = {};
  try {
    await until('all leases ok', 60_000, async () => {
      counts = await countStates(client);
      return counts['ok'] === LEASES;
    });
  } catch (error) {
    console.log(counts, complaints.slice(-20));
    await tellMissing(client);
    throw error;
  }
};

/** One line for each task of each lease, under one key each. */
const checkLedger = ({ lines }: Ledger): void => {
  const found = [...lines.values()];
  assert.is(new Set(found).size, 2 * LEASES, 'every lease was made and renewed');
  assert.is(found.length, 2 * LEASES, 'each once');
};

/** The state in the lists is what the journal says, and every timer has fired or is gone. */
const checkTimers = async (connection: Connection): Promise<void> => {
  const inspector = openInspector(connection);
  const source = await inspector.timerSource();
  assert.ok(source?.isOwn && source.last >= (source.sourced ?? 0), JSON.stringify(source));
  await inspector.close();
};

test('timers, commands and both buckets are deleted under load', async () => {
  const leasing = await open({ partitions: 8 });
  const { connection, client, emitted } = leasing;
  const { ledger, tasks, openGate } = openBackend();
  await leasing.startHosts();
  await leasing.startWorkers(tasks);
  await createLeases(client, 0, LEASES - 100);
  await untilSpread(client);
  await deleteStreams(connection, DERIVED);
  await publishCreates(connection, LEASES - 100, LEASES);
  await setTimeout(OUTAGE_MS);
  const { created } = await rebuild(connection);
  assert.equal(created.toSorted(), DERIVED.toSorted());
  openGate();
  await untilAllOk(leasing);
  checkLedger(ledger);
  assert.is(emitted.length, 2 * LEASES, 'no integration event was published twice');
  assert.is(new Set(emitted).size, 2 * LEASES);
  const { registry } = portsOf({ connection });
  assert.is((await registry.machines('lease')).length, 1, 'hosts have registered again');
  assert.is((await registry.tasks()).length, 2, 'workers, too');
  await checkTimers(connection);
  console.log(`  ${ledger.runs} runs of tasks, ${ledger.lines.size} lines in the ledger`);
});

/** Runs leases until some are in every stage, and takes the journal elsewhere. */
const moveJournal = async (hasPositions: boolean): Promise<readonly string[]> => {
  const old = await open({ partitions: 8 });
  const { ledger, tasks, openGate } = openBackend();
  await old.startHosts();
  await old.startWorkers(tasks);
  await createLeases(old.client, 0, LEASES);
  await untilSpread(old.client);
  // Hosts first: what workers still answer is not folded before the backup.
  await old.stopRoles();
  const backup = await backUp(old.connection, names.journal, hasPositions);
  await closeAll();

  const fresh = await open(false);
  await restore(fresh.connection, backup);
  const { created, refoldedUpTo } = await rebuild(fresh.connection);
  assert.ok(DERIVED.every((stream) => created.includes(stream)));
  assert.is(refoldedUpTo !== undefined, !hasPositions);
  await fresh.startHosts();
  await fresh.startWorkers(tasks);
  openGate();
  await untilAllOk(fresh);
  checkLedger(ledger);
  await checkTimers(fresh.connection);
  const events = [...old.emitted, ...fresh.emitted];
  assert.is(new Set(events).size, events.length, 'no integration event was published twice');
  console.log(`  ${old.emitted.length} integration events before, ${fresh.emitted.length} after`);
  return events;
};

test('the journal alone is restored elsewhere', async () => {
  // What was appended and not folded when the backup was made is told to nobody.
  assert.ok((await moveJournal(false)).length <= 2 * LEASES);
});

test('with the positions of the hosts in the backup, no integration event is missing', async () => {
  assert.is((await moveJournal(true)).length, 2 * LEASES);
});

test.run();

// A rolling deploy, ten times over under load: hosts with the old version, then with both.
// Time limit: 240 s
import { setTimeout as wait } from 'node:timers/promises';
import { createSubjects, decodeBody, HEADER, partitionOf } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Child } from './child.ts';
import {
  idsByPartition,
  line,
  persist,
  startCounting,
  stopAll,
  type Counting,
} from './counting.ts';
import { counterMachine, counterMachineTwo } from './counter/counter.machine.ts';
import { until } from './until.ts';
import { journalFaults, machinesOf } from './verdict.ts';

const test = suite('rolling deploy');
test.after.each(stopAll);
const PARTITIONS = 4;
const HOSTS = 2;
const ROUNDS = 10;
const WAIT_MAX_MS = 5_000;

const subjects = createSubjects();
const each = Array.from({ length: PARTITIONS }, (_, partition) => partition);
/** Of version 2, one in each partition. */
const newIds = idsByPartition(PARTITIONS, 'new');
/** Of a version that no host has, one in each partition. */
const strangeIds = idsByPartition(PARTITIONS, 'strange');

/** Events without an answer: nobody may be there who folds them. */
const startAppending = (counting: Counting, ids: readonly string[]) => {
  const counts = new Map<string, number>();
  let isOver = false;
  const running = Promise.all(
    ids.map(async (id) => {
      for (let count = 0; !isOver; count += 1) {
        const body = Buffer.from('{"type":"ADD","amount":1}');
        const entry = {
          type: 'counter',
          id,
          kindToken: 'event',
          body,
          messageId: `${id}-${count}`,
        };
        await persist(() => counting.ports.journal.append(entry));
        counts.set(id, count + 1);
        await wait(150);
      }
    }),
  );
  return {
    stop: async () => {
      isOver = true;
      await running;
      return counts;
    },
  };
};

/** Replaces all hosts one by one, as a deploy does: the new one comes before the old one goes. */
const deploy = async (
  counting: Counting,
  hosts: readonly Child[],
  cast: 'counter' | 'counter-2',
): Promise<Child[]> => {
  const next: Child[] = [];
  for (const host of hosts) {
    next.push(await counting.startHost({ cast }));
    await host.stop();
  }
  return next;
};

test('ten rounds: nobody waits long, and each version folds its own', async () => {
  const counting = await startCounting({ nodes: 1, partitions: PARTITIONS });
  const { client, ports, ids } = counting;
  let hosts = await Promise.all(
    Array.from({ length: HOSTS }, () => counting.startHost({ cast: 'counter-2' })),
  );
  for (const id of ids) await client.actor(counterMachine, id).create({ id });
  for (const id of newIds) await client.actor(counterMachineTwo, id).create({ id });
  for (const id of strangeIds)
    await ports.journal.append({
      type: 'counter',
      id,
      kindToken: 'create',
      body: Buffer.from(JSON.stringify({ input: { id } })),
      headers: { [HEADER.version]: '9' },
      expectedLastSequence: 0,
    });
  hosts = await deploy(counting, hosts, 'counter');

  let isOldOnly = true;
  const foldedByOld: string[] = [];
  /** Sequence of the last step that a host of version 2 told of, by id. */
  const known = new Map<string, number>();
  ports.bus.subscribe(subjects.state({ type: 'counter', id: '*' }), ({ subject, body }) => {
    const id = subject.split('.').at(-1) ?? '';
    const sequence = Number(decodeBody(body)['sequence']);
    // A host that takes over tells what was told before; a later sequence would be a step.
    if (newIds.includes(id) && sequence > (known.get(id) ?? 0)) {
      if (isOldOnly) foldedByOld.push(`${id} at ${sequence}`);
      else known.set(id, sequence);
    }
  });
  const waits: number[] = [];
  let isOver = false;
  const load = Promise.all(
    each.map(async (partition) => {
      while (!isOver) {
        const startedAt = performance.now();
        await counting.add(partition);
        waits.push(performance.now() - startedAt);
        await wait(30);
      }
    }),
  );
  const appending = startAppending(counting, [...newIds, ...strangeIds]);
  for (let round = 0; round < ROUNDS; round += 1) {
    isOldOnly = false;
    hosts = await deploy(counting, hosts, 'counter-2');
    hosts = await deploy(counting, hosts, 'counter');
    // What the last host of version 2 said before it left is heard by now.
    await ports.bus.flush();
    isOldOnly = true;
    await wait(500);
  }
  isOldOnly = false;
  hosts = await deploy(counting, hosts, 'counter-2');
  isOver = true;
  await load;
  const appended = await appending.stop();
  console.log(line('events of version 1', waits));
  assert.ok(Math.max(...waits) <= WAIT_MAX_MS, 'no partition waits');
  assert.equal(foldedByOld, [], 'no actor of version 2 is folded by version 1');
  for (const id of newIds) {
    const counter = client.actor(counterMachineTwo, id);
    await until(`${id} to be folded`, 20_000, async () => {
      const state = await counter.load();
      return state.context.total === appended.get(id);
    });
    const { context } = await counter.load();
    assert.is(context.steps?.length, Math.min(1_000, appended.get(id) ?? 0), id);
  }
  for (const id of strangeIds) {
    const snapshot = await ports.snapshots.load(partitionOf('counter', id, PARTITIONS), {
      type: 'counter',
      id,
    });
    assert.is(snapshot?.header.parked?.code, 'version-missing', id);
  }
  await Promise.all(hosts.map((host) => host.stop()));
  const rest = await counting.startHost({ cast: 'counter-2' });
  const check = {
    ports,
    client,
    machineOf: machinesOf({ counter: [counterMachine, counterMachineTwo] }),
  };
  const actors = [...ids, ...newIds].map((id) => ({ type: 'counter', id }));
  assert.equal((await journalFaults(check, actors, [])).faults, []);
  await rest.stop();
  await counting.stop();
});

test.run();

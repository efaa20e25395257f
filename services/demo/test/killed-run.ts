// The demo's workload while its host is killed again and again: everything is made, and once.
import * as assert from 'uvu/assert';
import type { Child } from '../src/child.ts';
import { startInstallation } from '../src/installation.ts';
import { checkLedger } from '../src/ledger-check.ts';
import { openObserver } from '../src/observer.ts';
import type { Client } from 'pawl';
import { createPlan, volumesOf, type Plan } from '../src/plan.ts';
import { runWorkload } from '../src/workload.ts';

const INSTANCES = 12;
const TIMEOUT_MS = 150_000;
/** A host lives for so many messages on the wire at most. */
const LIFE_MAX = 5;

/** Small and seeded (mulberry32): the same seed kills after the same numbers of messages. */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Actors whose state is not what their journal, folded from its beginning, comes to. */
const disagreements = async (client: Client, plan: Plan): Promise<string[]> => {
  const actors = plan.instances.flatMap((id) => [
    client.actor('instance', id),
    ...volumesOf(id).map((volume) => client.actor('volume', volume)),
  ]);
  const differing = await Promise.all(
    actors.map(async (actor) => {
      const state = await actor.load();
      const last = (await actor.history()).at(-1);
      const isSame = JSON.stringify(last?.after) === JSON.stringify(state.value);
      return isSame && last?.sequence === state.sequence ? [] : [`${actor.type}/${actor.id}`];
    }),
  );
  return differing.flat();
};

/** Runs it once with so many kills, and checks what is left; the seed says when each kill comes. */
export const runKilled = async (seed: number, kills: number): Promise<void> => {
  const random = createRandom(seed);
  const plan = createPlan(INSTANCES);
  const startedAt = performance.now();
  const installation = await startInstallation({
    plan,
    cloud: { seed, durations: { buildMs: 1_000, createVolumeMs: 500 } },
    workers: 1,
  });
  try {
    const { client, cloud, connection } = installation;
    const observer = await openObserver({ connection, now: () => performance.now() });
    let forked = installation.forkHost();
    const next = (): Child => {
      const host = forked;
      forked = installation.forkHost(); // Loads its program while the other one works.
      return host;
    };
    let host = next();
    await host.start(installation.hostSettings('host-0'));
    const outcome = runWorkload(client, plan, TIMEOUT_MS);
    let isOver = false;
    const over = outcome.then(
      () => (isOver = true),
      () => (isOver = true), // Told below, where the outcome is awaited.
    );
    const lifeOf = (): Promise<unknown> =>
      Promise.race([observer.after(1 + Math.floor(random() * LIFE_MAX)), over]);
    let killed = 0;
    let life = lifeOf();
    while (!isOver) {
      await life;
      if (isOver) break;
      await host.kill();
      killed += 1;
      host = next();
      life = lifeOf();
      const started = host.start(installation.hostSettings(`host-${killed}`));
      if (killed === kills) {
        await started;
        break;
      }
      // Its life may be over before it says that it is ready: then the kill ends the start too.
      await Promise.race([started, life]);
    }
    const { faults } = await outcome;
    const ledger = checkLedger(cloud, plan);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(
      `  seed ${seed}: ${killed} kills, ${observer.events} messages, ${seconds} s, ` +
        `${ledger.serversLeft} servers, ${ledger.volumesLeft} volumes`,
    );
    assert.equal(faults, [], `seed ${seed}: instances`);
    assert.equal(await disagreements(client, plan), [], `seed ${seed}: journal and state`);
    assert.equal(ledger.faults, [], `seed ${seed}: ledger`);
    assert.equal(ledger.leftovers, [], `seed ${seed}: left over`);
    assert.is(ledger.serversLeft, INSTANCES - 1, `seed ${seed}`);
    assert.is(ledger.volumesLeft, (INSTANCES - 1) * 2, `seed ${seed}`);
    assert.ok(killed >= kills, `seed ${seed}: it was over after ${killed} kills`);
    observer.close();
  } finally {
    await installation.stop();
  }
};

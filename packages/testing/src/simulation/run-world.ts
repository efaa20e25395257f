// Runs one world to its end: faults, then healing until all is quiet, then the verdict.
import { addressKey } from '@pawl/core';
import { applyFault } from './apply-fault.ts';
import { closeWorld } from './closing.ts';
import type { Violation } from './evidence.ts';
import { FAULT_KINDS } from './fault.ts';
import { FAR_MS, farTimersOf, openWaitsOf } from './invariants/waits.ts';
import { judge } from './judge.ts';
import type { Promises } from './promises.ts';
import { World, type WorldOptions } from './world.ts';

/** A world, and what is promised of it besides what holds in every world. */
export interface RunOptions extends WorldOptions {
  readonly promises?: Promises;
}

/** What came of a world. */
export interface WorldResult {
  readonly seed: string;
  readonly violations: readonly Violation[];
  /** By kind of fault and by crash point. */
  readonly counts: ReadonlyMap<string, number>;
  readonly faults: number;
  readonly actions: number;
  readonly entries: number;
  /** Virtual time, ms. */
  readonly lastedMs: number;
}

/** After the last action, ms. */
const AFTERMATH_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
/** Deadlines and the sweep have had their time. */
const QUIET_WITHIN_MS = 1_800_000;

/** Ends all faults, and starts again what does not run. */
const heal = (world: World): void => {
  world.isHealing = true;
  world.healedAt = world.time.now();
  world.wire.clear();
  world.isStormy = false;
  world.brokerSkewMs = 0;
  world.areTimersHeld = false;
  world.areSnapshotsRefused = false;
  world.broker.snapshots.refuse(false);
  if (!world.isBrokerDown) world.broker.timers.release();
  for (const place of world.places.values()) {
    const { process } = place;
    if (process?.isPaused === false && !world.isBrokerDown) process.connection.restore();
    if (!place.isOld) continue;
    place.isOld = false;
    world.crash(place, LOOK_EVERY_MS);
  }
  world.noteHealth();
};

/** Nothing is on its way any more. */
const isQuiet = (world: World): boolean => {
  const { broker, ledger, places } = world;
  if (broker.timers.armed.some(({ dueAt }) => dueAt <= world.time.now() + FAR_MS)) return false;
  if (ledger.lines.some(({ end, isAbandoned }) => end === undefined && !isAbandoned()))
    return false;
  for (const stream of Object.values(broker.commands)) if (stream.queued.length > 0) return false;
  // Whoever has the version folds on when it takes the partition, or by the sweep.
  if (broker.snapshots.all.some(({ header }) => header.parked !== undefined)) return false;
  for (const queue of broker.partitions.all()) {
    const { ackPending, waiting } = queue.status();
    if (ackPending > 0 || waiting > 0) return false;
  }
  return [...places.values()].every(({ running, process }) => {
    if (process?.isWorking !== true || running === undefined) return false;
    return running.role === 'client' || (running.worker?.stats().running ?? 0) === 0;
  });
};

const isSettled = (world: World): boolean => {
  const states = [...world.recorder.latest];
  const farTimers = farTimersOf(world);
  const alive = new Set(
    states.filter(({ status }) => status === 'active').map((state) => addressKey(state)),
  );
  return states.every(
    (state) =>
      openWaitsOf(state, world, farTimers, (child) => alive.has(addressKey(child))).length === 0,
  );
};

/** Runs a world and judges it. A pure function of its options. */
export const runWorld = async (options: RunOptions): Promise<WorldResult> => {
  const world = new World(options);
  const { time } = world;
  const startedAt = time.exact;
  world.begin();
  for (const fault of world.faults) time.at(world.timeOf(fault), () => applyFault(world, fault));
  const lastAt = Math.max(
    ...world.actions.map((action) => world.timeOf(action)),
    ...world.faults.map((fault) => world.timeOf(fault)),
    startedAt,
  );
  await time.runUntil(lastAt + AFTERMATH_MS);
  heal(world);
  world.trace(() => 'no more faults');
  await closeWorld(world);
  const until = time.exact + QUIET_WITHIN_MS;
  for (let quietLooks = 0; quietLooks < 3 && time.exact < until;) {
    await time.runUntil(time.exact + LOOK_EVERY_MS);
    quietLooks = isQuiet(world) && isSettled(world) ? quietLooks + 1 : 0;
  }
  world.trace(() => 'judged');
  const violations = await judge(world, options.promises ?? {});
  return {
    seed: options.seed,
    violations,
    counts: world.counts,
    faults: FAULT_KINDS.reduce((sum, kind) => sum + (world.counts.get(kind) ?? 0), 0),
    actions: world.actions.length,
    entries: world.broker.journal.entries.length,
    lastedMs: time.exact - startedAt,
  };
};

// simulate(): runs many worlds of a scenario, and tells what happened and what was broken.
import type { Violation } from './evidence.ts';
import type { FaultKind } from './fault.ts';
import { runWorld, type RunOptions, type WorldResult } from './run-world.ts';
import type { Action, Scenario, TaskWorld } from './scenario.ts';
import type { Random } from './random.ts';
import { shortened, shrink, type ShortWorld } from './shrink.ts';
import type { ActorState } from '@pawl/core';
import type { Task } from '@pawl/worker';

/** Options of `simulate`. */
export interface SimulateOptions {
  /** Service of the machines and tasks. Default `shop`. */
  readonly service?: string;
  /** By type: a machine, or several versions of it, oldest first. */
  readonly machines: Scenario['machines'];
  /** The tasks of one worker. Those that wait do so by `world.clock`, or they would never end. */
  readonly tasks: (world: TaskWorld) => readonly Task[];
  /** What clients do in one world, by time: draw it from `random`. */
  readonly events: (random: Random) => readonly Action[];
  /** What must hold when all is quiet, besides what holds for all machines: problems in words. */
  readonly check?: (states: ReadonlyMap<string, ActorState>) => readonly string[];
  /** How many worlds. Default 100. */
  readonly worlds?: number;
  /** The first world's seed; the others count on from it. Default 1. */
  readonly seed?: number;
  /** Only these kinds of faults. Default: all; `[]`: none. */
  readonly faults?: readonly FaultKind[];
  readonly onWorld?: (result: WorldResult) => void;
}

/** A world in which a promise was broken, shortened. */
export interface BrokenWorld {
  readonly seed: string;
  readonly violations: readonly Violation[];
  readonly short: ShortWorld;
  /** What happened in the shortened world, line by line. */
  readonly trace: readonly string[];
}

/** What came of all worlds. */
export interface SimulationReport {
  readonly worlds: number;
  /** How often each kind of fault and each crash point came true. */
  readonly counts: Readonly<Record<string, number>>;
  /** Entries in all journals together. */
  readonly entries: number;
  /** The first world that broke a promise; nothing was run after it. */
  readonly broken: BrokenWorld | undefined;
}

/** Shortens a broken world and tells its story. */
export const examine = async (
  create: () => RunOptions,
  { seed, violations }: WorldResult,
): Promise<BrokenWorld> => {
  const short = await shrink(create, violations[0]?.invariant ?? '');
  const trace: string[] = [];
  const again = await runWorld({
    ...shortened(create(), short),
    trace: (line) => void trace.push(line),
  });
  return { seed, violations: again.violations, short, trace };
};

/**
 * Runs worlds until one breaks a promise, or all are done: the real host, worker and client code
 * in virtual time over a broker in memory, with faults at any message. A world is a pure function
 * of the machines, tasks, events, faults and its seed.
 */
export const simulate = async (options: SimulateOptions): Promise<SimulationReport> => {
  const { service = 'shop', machines, tasks, events, check, worlds = 100, seed = 1 } = options;
  const scenario: Scenario = {
    service,
    machines,
    tasks,
    actions: events,
    ...(check !== undefined && { check }),
  };
  const counts: Record<string, number> = {};
  let entries = 0;
  for (let index = 0; index < worlds; index += 1) {
    const create = (): RunOptions => ({
      seed: String(seed + index),
      scenario,
      ...(options.faults !== undefined && { faultKinds: options.faults }),
    });
    const result = await runWorld(create());
    options.onWorld?.(result);
    entries += result.entries;
    for (const [name, count] of result.counts) counts[name] = (counts[name] ?? 0) + count;
    if (result.violations.length > 0)
      return { worlds: index + 1, counts, entries, broken: await examine(create, result) };
  }
  return { worlds, counts, entries, broken: undefined };
};

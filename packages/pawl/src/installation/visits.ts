// How far hosts are with what a rebuild asks of them: register, and visit every partition.
import { systemClock, type Clock, type Ports } from '@pawl/core';
import type { Inspector } from '@pawl/jetstream';
import { CANARY } from '../doctor/canary.ts';

const LOOK_EVERY_MS = 250;

/** Where the visits stand. */
export interface VisitProgress {
  /** Partitions of the services that own the journal's types; done and in all. */
  readonly visited: number;
  readonly partitions: number;
  /** Services with partitions that no host has visited yet. */
  readonly unvisited: readonly string[];
  /** Types in the journal that no host has registered. */
  readonly unhosted: readonly string[];
  readonly isDone: boolean;
}

/** What is looked at, and for how long. */
export interface VisitWatch {
  readonly ports: Ports;
  readonly inspector: Inspector;
  /** How long to look, ms; 0: once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: VisitProgress) => void;
  readonly clock?: Clock;
}

const look = async (ports: Ports, types: readonly string[]): Promise<VisitProgress> => {
  const { registry, visits, journal } = ports;
  const identity = await visits.identity();
  const { partitions: count } = await journal.identity();
  const owners = new Map((await registry.machines()).map(({ type, service }) => [type, service]));
  const unhosted = types.filter((type) => !owners.has(type));
  const services = [...new Set(types.flatMap((type) => owners.get(type) ?? []))];
  const unvisited = new Set<string>();
  let visited = 0;
  for (const service of services) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    const marks = await Promise.all(numbers.map((number) => visits.load(service, number)));
    const done = marks.filter((mark) => mark === identity).length;
    visited += done;
    if (done < count) unvisited.add(service);
  }
  return {
    visited,
    partitions: services.length * count,
    unvisited: [...unvisited],
    unhosted,
    isDone: unhosted.length === 0 && unvisited.size === 0,
  };
};

/** Looks until all is visited or the time is over; resolves to what it saw last. */
export const watchVisits = async (watch: VisitWatch): Promise<VisitProgress> => {
  const { ports, inspector, waitMs, signal, onProgress, clock = systemClock } = watch;
  const endsAt = clock.now() + waitMs;
  const { actors } = await inspector.journalTypes();
  const types = [...actors.keys()].filter((type) => type !== CANARY.type);
  for (;;) {
    const progress = await look(ports, types);
    onProgress(progress);
    if (progress.isDone || signal.aborted || clock.now() >= endsAt) return progress;
    await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
  }
};

// All ports that a host, worker or client is given: by an adapter for JetStream, or in memory.
import type { Subjects } from '../subjects.ts';
import type { Bus } from './bus.ts';
import type { CommandQueue } from './command-queue.ts';
import type { Journal } from './journal.ts';
import type { DeadLetters, EmittedEvents, Progress } from './outlet.ts';
import type { Registry } from './registry.ts';
import type { Snapshots } from './snapshots.ts';
import type { Timers } from './timers.ts';
import type { Visits } from './visits.ts';

/** One broker, seen through ports. */
export interface Ports {
  readonly subjects: Subjects;
  readonly journal: Journal;
  readonly timers: Timers;
  readonly commands: CommandQueue;
  readonly snapshots: Snapshots;
  readonly registry: Registry;
  readonly bus: Bus;
  readonly emitted: EmittedEvents;
  readonly progress: Progress;
  readonly deadLetters: DeadLetters;
  readonly visits: Visits;
}

// What every part of a host shares.
import type {
  ActorState,
  BoundedMap,
  Clock,
  Entry,
  JournalIdentity,
  Log,
  Ports,
  RegisteredMachine,
  Step,
  StepOutcome,
} from '@pawl/core';
import type { MachineCatalog } from './machine-catalog.ts';
import type { StreamWatch } from './stream-watch.ts';

/** Bounds of a host. */
export interface HostLimits {
  /** Snapshots of changed actors are saved at most this long after the change, ms. */
  readonly snapshotDelayMs: number;
  /** So many unacknowledged entries of a partition make it save at once. */
  readonly unsavedMax: number;
  /** Actors kept in memory per partition when nothing is open for them. */
  readonly residentsMax: number;
  /** How often overdue commands and timers are looked for, ms. */
  readonly sweepEveryMs: number;
  /** An effect that the broker refuses for so long parks its actor, ms. */
  readonly refusedMaxMs: number;
  /** How long a stop waits for what is under way, ms. */
  readonly stopMs: number;
  /** How often a partition that nobody seems to have is looked at, ms. */
  readonly watchEveryMs: number;
}

/** One service of a host, and what it works with. */
export interface HostContext {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly log: Log;
  readonly service: string;
  readonly host: string;
  /** When the host began, ms since 1970. */
  readonly startedAt: number;
  readonly catalog: MachineCatalog;
  readonly identity: JournalIdentity;
  readonly streams: StreamWatch;
  readonly limits: HostLimits;
  readonly fold: (machine: RegisteredMachine, state: ActorState | undefined, entry: Entry) => Step;
  /** Newest version of any type, this host's or another's. */
  readonly versionFor: (type: string) => Promise<string | undefined>;
  readonly counters: HostCounters;
  /** What became of the last entries that were folded here, by journal sequence. */
  readonly outcomes: BoundedMap<number, StepOutcome>;
}

/** What a host has done since it started. */
export interface HostCounters {
  entries: number;
  steps: number;
  effects: number;
  snapshots: number;
  resets: number;
  loads: number;
}

/** Counters at zero. */
export const createCounters = (): HostCounters => ({
  entries: 0,
  steps: 0,
  effects: 0,
  snapshots: 0,
  resets: 0,
  loads: 0,
});

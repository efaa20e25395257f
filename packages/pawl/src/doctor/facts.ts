// Everything that the doctor's rules look at, as data.
import type { MachineRecord, SnapshotHeader, TaskRecord } from '@pawl/core';
import type {
  ClockReading,
  ForeignKey,
  JournalGaps,
  JournalTypes,
  StreamReport,
  TimerSource,
  TopologyCheck,
  TopologyNames,
} from '@pawl/jetstream';
import type { FlowReport, PartitionFlow } from '../installation/flow-report.ts';
import type { Heartbeats } from '../installation/heartbeats.ts';
import type { MonitorReading } from './monitor.ts';

/** How the canary timer fared. */
export type CanaryOutcome =
  /** It reached the journal so long after it was due, ms. */
  | { readonly kind: 'arrived'; readonly lateMs: number }
  | { readonly kind: 'lost'; readonly waitedMs: number }
  /** This connection may not arm it. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** The broker did not store it. */
  | { readonly kind: 'unstored'; readonly message: string }
  | { readonly kind: 'not-tried' };

/** How full a store is. */
export interface StoreRoom {
  /** `the account`, or the address of a server. */
  readonly where: string;
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** The setting that raises it. */
  readonly setting: string;
}

/** Facts about an installation at one moment. */
export interface Facts {
  readonly now: number;
  readonly names: TopologyNames;
  readonly topology: TopologyCheck;
  readonly streams: readonly StreamReport[];
  readonly flow: FlowReport;
  readonly heartbeats: Heartbeats;
  /** Undefined: no journal. */
  readonly clock: ClockReading | undefined;
  readonly timerSource: TimerSource | undefined;
  readonly canary: CanaryOutcome;
  readonly journalTypes: JournalTypes;
  readonly machines: readonly MachineRecord[];
  readonly tasks: readonly TaskRecord[];
  readonly snapshots: readonly SnapshotHeader[];
  /** What stands in the buckets and was not written by Pawl. */
  readonly foreign: readonly ForeignKey[];
  readonly gaps: JournalGaps;
  /** Partitions that a host has, and of which it acknowledges nothing though entries wait. */
  readonly stalled: readonly PartitionFlow[];
  /** Where messages are stored, as far as limits are known: the account, and servers. */
  readonly rooms: readonly StoreRoom[];
  /** Monitoring pages, if any were named. */
  readonly monitors: readonly MonitorReading[];
}

/** Facts before they are known; one that cannot be had is a rejected promise. */
export type AskedFacts = { readonly [Name in keyof Facts]: Facts[Name] | Promise<Facts[Name]> };

/**
 * Waits for all facts. One that cannot be had is thrown when a rule asks for it, so that this rule
 * fails and no other.
 */
export const settleFacts = async (asked: AskedFacts): Promise<Facts> => {
  const names = Object.keys(asked);
  const results = await Promise.allSettled(
    Object.values(asked).map((fact: unknown) => Promise.resolve(fact)),
  );
  const facts = {};
  for (const [index, result] of results.entries())
    Object.defineProperty(facts, names[index] ?? '', {
      get: () => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      },
    });
  return facts as Facts;
};
